// SPDX-License-Identifier: MIT
// How alike two texts are.
#pragma once

#include <string_view>

namespace deepseekocr::plugin {

/// 1 less the edit distance per byte of the longer text, blanks aside; 1 for two empty texts.  Of long texts only the
/// beginning is compared.
double text_similarity(std::string_view a, std::string_view b);

}  // namespace deepseekocr::plugin
