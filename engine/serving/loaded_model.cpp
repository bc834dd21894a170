// SPDX-License-Identifier: MIT
#include "serving/loaded_model.h"

#include <filesystem>
#include <system_error>

#include "checkpoint/error.h"
#include "text/prompt.h"

namespace deepseekocr {

ModelDescription::ModelDescription(const ModelRunner& runner, const ModelOptions& options, bool has_tokenizer)
    : device_(runner.device()), precision_(runner.precision()), default_prompt_(default_prompt(runner.config())) {
  const ModelConfig& config = runner.config();
  name_ = config.name.empty() ? options.model_path.filename().string() : config.name;
  prompts_ = config.supported_prompts;
  for (const std::string& prompt : prompts_) prompt_pointers_.push_back(prompt.c_str());
  prompt_pointers_.push_back(nullptr);

  info_.struct_size = sizeof info_;
  info_.name = name_.c_str();
  info_.device = device_.c_str();
  info_.precision = precision_.c_str();
  info_.parameters = runner.parameter_count();
  info_.weight_bytes = runner.weight_bytes();
  info_.max_positions = config.decoder.max_positions;
  info_.vocabulary_size = config.decoder.vocab_size;
  info_.has_tokenizer = has_tokenizer ? 1 : 0;
  info_.has_canvases = config.uses_canvases() ? 1 : 0;
  info_.default_prompt = default_prompt_.c_str();
  info_.supported_prompts = prompt_pointers_.data();
}

LoadedModel LoadedModel::load(const ModelOptions& options, const LoadProgress& progress, const CancelFlag& cancelled) {
  LoadedModel model;
  const std::filesystem::path tokenizer_path = options.model_path / "tokenizer.json";
  std::error_code no_file;
  if (std::filesystem::exists(tokenizer_path, no_file)) {
    progress(0, "reading tokenizer");
    model.tokenizer = Tokenizer::from_file(tokenizer_path);
  }
  if (cancelled) throw Cancelled();
  model.runner = load_model(options, progress, cancelled);
  if (model.runner == nullptr) throw EngineError(DSOCR_INTERNAL, "The model library returned no model.");
  return model;
}

}  // namespace deepseekocr
