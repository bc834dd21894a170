// SPDX-License-Identifier: MIT
// A model folder in memory: the network, its tokenizer, and what is told about them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "serving/model_runner.h"
#include "text/tokenizer.h"

namespace deepseekocr {

/// Owns the strings of a DsocrModelInfo.
class ModelDescription {
 public:
  ModelDescription(const ModelRunner& runner, const ModelOptions& options, bool has_tokenizer);
  ModelDescription(const ModelDescription&) = delete;
  ModelDescription& operator=(const ModelDescription&) = delete;

  const DsocrModelInfo& info() const { return info_; }

 private:
  std::string name_;
  std::string device_;
  std::string precision_;
  std::string default_prompt_;
  std::vector<std::string> prompts_;
  std::vector<const char*> prompt_pointers_;
  DsocrModelInfo info_{};
};

/// Created, used and destroyed on the engine thread, except for tokenizer and config, which are constant, and the
/// runner's device_pictures(), which may be used anywhere while the model exists.
struct LoadedModel {
  std::unique_ptr<ModelRunner> runner;
  std::optional<Tokenizer> tokenizer;  ///< nothing: the folder has no tokenizer.json

  const Tokenizer* tokenizer_or_null() const { return tokenizer ? &*tokenizer : nullptr; }

  /// Reads the tokenizer, if there is one, and the model.
  /// @throws EngineError, Cancelled
  static LoadedModel load(const ModelOptions& options, const LoadProgress& progress, const CancelFlag& cancelled);
};

}  // namespace deepseekocr
