// SPDX-License-Identifier: MIT
#include "serving/preparation.h"

#include <algorithm>
#include <memory>
#include <string>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

PromptIds prompt_ids(const RequestSpec& spec, const ModelConfig& config, const Tokenizer* tokenizer) {
  if (spec.ids) return *spec.ids;
  if (tokenizer == nullptr) {
    throw EngineError(DSOCR_NOT_FOUND,
                      "The model folder has no tokenizer.json, which text prompts need: put the file beside "
                      "config.json, or pass the prompt as token ids.");
  }
  return encode_prompt(*tokenizer, config, spec.prompt.empty() ? default_prompt(config) : spec.prompt);
}

void check_ids(const std::vector<int32_t>& ids, const ModelConfig& config) {
  for (const int32_t id : ids) {
    if (id < 0 || id >= config.decoder.vocab_size) {
      throw ArgumentError("The prompt holds the token id " + std::to_string(id) + ", but the model's vocabulary has " +
                          std::to_string(config.decoder.vocab_size) +
                          " ids: use the tokenizer.json that belongs to this model.");
    }
  }
}

// How many ids may be generated: prompt and answer together fit the model's positions.
int answer_limit(int max_new_tokens, size_t prompt_tokens, int image_tokens, const ModelConfig& config) {
  const auto positions = static_cast<size_t>(config.decoder.max_positions);
  if (prompt_tokens >= positions) {
    throw ArgumentError("The prompt takes " + std::to_string(prompt_tokens) + " tokens (" +
                        std::to_string(image_tokens) + " of them for the image), but the model has only " +
                        std::to_string(positions) +
                        " positions for prompt and answer: choose a smaller resolution, fewer tiles or a shorter "
                        "prompt.");
  }
  const int fits = static_cast<int>(positions - prompt_tokens);
  return max_new_tokens == 0 ? fits : std::min(max_new_tokens, fits);
}

NgramRule ngram_rule(const RequestSpec& spec, const Tokenizer* tokenizer) {
  NgramRule rule;
  rule.size = spec.ngram_size;
  rule.window = spec.ngram_window;
  if (spec.ngram_whitelist) {
    rule.whitelist = *spec.ngram_whitelist;
  } else if (tokenizer != nullptr) {
    for (const char* cell : {"<td>", "</td>"}) {
      if (const std::optional<int32_t> id = tokenizer->find(cell)) rule.whitelist.push_back(*id);
    }
  }
  return rule;
}

/// Counts the plan's image tokens and how many ids the answer may have beside them.
void limit_answer(PreparedPage& page, const RequestSpec& spec, const ModelConfig& config) {
  page.image_tokens = image_token_count(page.plan, config);
  const size_t prompt_tokens =
      page.prompt.before.size() + static_cast<size_t>(page.image_tokens) + page.prompt.after.size();
  page.limits.max_new_tokens = answer_limit(spec.max_new_tokens, prompt_tokens, page.image_tokens, config);
  page.limits.eos_id = config.decoder.eos_id;
  page.limits.ignore_eos = spec.ignore_eos;
  page.limits.loop_guard = spec.loop_guard;
}

void make_host_views(Request& request, const ModelConfig& config) {
  PreparedPage& page = request.page;
  const RgbImage picture = to_rgb(request.image.image());
  request.image.reset();
  page.plan = plan_views(picture, request.spec.mode, request.spec.max_tiles, config);
  limit_answer(page, request.spec, config);
  page.views = make_views(picture, page.plan);
}

DevicePictures& device_pictures(ModelRunner& runner) {
  if (DevicePictures* pictures = runner.device_pictures()) return *pictures;
  throw EngineError(DSOCR_UNSUPPORTED, "The picture lies in CUDA memory, but the model runs on " + runner.device() +
                                           ": put cudadownload before the reader, or run the model on the picture's "
                                           "device (device=cuda:N).");
}

/// The same with pixels that stay on the model's device.
void make_device_views(Request& request, ModelRunner& runner) {
  PreparedPage& page = request.page;
  const RequestSpec& spec = request.spec;
  const Rect area = request.image.area();
  const std::unique_ptr<DevicePicture> picture = device_pictures(runner).convert(request.image.image());
  request.image.reset();
  const ModelConfig& config = runner.config();
  if (uses_text_height(spec.mode, config)) {
    page.plan = plan_views(area.width, area.height, spec.mode, spec.max_tiles, config, picture->text_height());
    limit_answer(page, spec, config);
  }
  page.views = picture->views(page.plan);
}

}  // namespace

void prepare(Request& request, ModelRunner& runner, const Tokenizer* tokenizer) {
  const ModelConfig& config = runner.config();
  PreparedPage& page = request.page;
  const RequestSpec& spec = request.spec;
  const Rect& area = request.image.area();

  // What can be refused is checked before pixels are worked on, as far as it does not depend on them.
  page.plan = plan_views(area.width, area.height, spec.mode, spec.max_tiles, config);
  page.prompt = prompt_ids(spec, config, tokenizer);
  check_ids(page.prompt.before, config);
  check_ids(page.prompt.after, config);
  limit_answer(page, spec, config);

  if (request.image.memory() == DSOCR_MEMORY_CUDA) {
    make_device_views(request, runner);
  } else {
    make_host_views(request, config);
  }
  page.ngram_rule = ngram_rule(spec, tokenizer);
  page.input_ids = page.prompt.before;
  page.input_ids.insert(page.input_ids.end(), static_cast<size_t>(page.image_tokens), config.image_token_id);
  page.input_ids.insert(page.input_ids.end(), page.prompt.after.begin(), page.prompt.after.end());
}

}  // namespace deepseekocr
