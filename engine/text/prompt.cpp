// SPDX-License-Identifier: MIT
#include "text/prompt.h"

#include <algorithm>

#include "checkpoint/error.h"
#include "text/utf8.h"

namespace deepseekocr {

namespace {

constexpr std::string_view kImage = "<image>";

/// The words of a prompt: without `<image>` at its ends and the white space around.
std::string_view prompt_words(std::string_view prompt) {
  std::string_view words = strip_white_space(prompt);
  if (words.starts_with(kImage)) words = strip_white_space(words.substr(kImage.size()));
  if (words.ends_with(kImage)) words = strip_white_space(words.substr(0, words.size() - kImage.size()));
  return words;
}

}  // namespace

std::string default_prompt(const ModelConfig& config) {
  return config.supported_prompts.empty() ? "Free OCR." : config.supported_prompts.front();
}

bool is_supported_prompt(const ModelConfig& config, std::string_view prompt) {
  const auto& supported = config.supported_prompts;
  const std::string_view words = prompt_words(prompt);
  return supported.empty() || std::any_of(supported.begin(), supported.end(),
                                          [&](const std::string& known) { return prompt_words(known) == words; });
}

PromptIds encode_prompt(const Tokenizer& tokenizer, const ModelConfig& config, std::string_view prompt) {
  std::string text(strip_white_space(prompt));
  size_t image = text.find(kImage);
  if (image == std::string::npos) {
    text.insert(0, "<image>\n");
    image = 0;
  }
  const std::string_view after = std::string_view(text).substr(image + kImage.size());
  if (after.find(kImage) != std::string_view::npos) {
    throw ArgumentError("The prompt holds <image> more than once; each request reads one picture, so write it once.");
  }
  PromptIds ids;
  ids.before = tokenizer.encode(std::string_view(text).substr(0, image));
  ids.before.insert(ids.before.begin(), config.decoder.bos_id);
  ids.after = tokenizer.encode(after);
  return ids;
}

}  // namespace deepseekocr
