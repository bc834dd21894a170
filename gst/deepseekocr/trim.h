// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace deepseekocr::plugin {

/// Without ASCII white space at both ends: of what users write into properties.
inline std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace deepseekocr::plugin
