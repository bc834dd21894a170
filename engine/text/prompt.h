// SPDX-License-Identifier: MIT
// Prompt text or ids to the model's input ids (specification 4.1).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/model_config.h"
#include "text/tokenizer.h"

namespace deepseekocr {

/// Ids on both sides of the image tokens; `before` begins with BOS.
struct PromptIds {
  std::vector<int32_t> before;
  std::vector<int32_t> after;
};

/// The prompt that an empty one stands for: the first of supported_prompts, else "Free OCR.".
std::string default_prompt(const ModelConfig& config);

/// Whether the checkpoint was trained for `prompt` (always true where it lists none).  `<image>`, blanks and newlines
/// around the text do not count.
bool is_supported_prompt(const ModelConfig& config, std::string_view prompt);

/// Plain template: outer blanks stripped, "<image>\n" put before the text when `<image>` is missing, each side encoded
/// separately, BOS first.
/// @throws ArgumentError if the text holds more than one `<image>`.
PromptIds encode_prompt(const Tokenizer& tokenizer, const ModelConfig& config, std::string_view prompt);

}  // namespace deepseekocr
