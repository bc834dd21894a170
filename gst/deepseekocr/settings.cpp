// SPDX-License-Identifier: MIT
#include "deepseekocr/settings.h"

#include <algorithm>
#include <string_view>

#include "deepseekocr/trim.h"

namespace deepseekocr::plugin {
namespace {

/// The official prompts, verbatim: their wording matters to the model.
const char* prompt_of(Task task) {
  switch (task) {
    case Task::kFreeOcr:
      return "Free OCR.";
    case Task::kMarkdown:
      return "<|grounding|>Convert the document to markdown.";
    case Task::kOcr:
      return "<|grounding|>OCR this image.";
    case Task::kFigure:
      return "Parse the figure.";
    case Task::kDescribe:
      return "Describe this image in detail.";
    case Task::kCustom:
      break;
  }
  return "";
}

std::string_view without_image_tag(std::string_view prompt) {
  constexpr std::string_view kTag = "<image>";
  prompt = trim(prompt);
  if (prompt.substr(0, kTag.size()) == kTag) prompt.remove_prefix(kTag.size());
  return trim(prompt);
}

}  // namespace

std::string effective_prompt(const Settings& settings) {
  return settings.prompt.empty() ? prompt_of(settings.task) : settings.prompt;
}

bool is_prompt_supported(const std::string& prompt, const std::vector<std::string>& supported) {
  if (prompt.empty() || supported.empty()) return true;
  const auto wanted = without_image_tag(prompt);
  return std::any_of(supported.begin(), supported.end(),
                     [wanted](const std::string& known) { return without_image_tag(known) == wanted; });
}

}  // namespace deepseekocr::plugin
