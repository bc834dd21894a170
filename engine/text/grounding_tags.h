// SPDX-License-Identifier: MIT
// Cutting an answer at its grounding tags.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// A stretch of an answer: a match and the text behind it, up to the next match.
struct GroundedBlock {
  bool matched = false;          ///< false: text before the first match
  bool complete = false;         ///< the match has its closing `<|/det|>`
  std::string_view label;        ///< between `<|ref|>` and `<|/ref|>`, white space stripped
  std::string_view coordinates;  ///< between `<|det|>` and `<|/det|>`
  std::string content;           ///< text behind the match without grounding tags
};

/// Cuts `text` into blocks; views point into it.  A match is `<|ref|>LABEL<|/ref|><|det|>COORDINATES<|/det|>` with no
/// other tag inside it; an answer that was cut off may lack the end, and then its coordinates end where they stop
/// looking like numbers.  Every other grounding tag is dropped and its surroundings stay text.  The first block is
/// always the text before the first match.  Linear.
std::vector<GroundedBlock> split_grounded(std::string_view text);

}  // namespace deepseekocr
