// SPDX-License-Identifier: MIT
// How sure the model was of each line of its answer.
#pragma once

#include <string_view>
#include <vector>

namespace deepseekocr {

/// Token probabilities of a piece of an answer.
struct Confidence {
  double mean = 0, least = 0;  ///< 0 to 1; 0 without tokens
};

/// @param log_probabilities  of tokens, natural logarithm
Confidence confidence_of(const float* log_probabilities, size_t count);

/// A line of an answer as it was generated, without its newline; points into the text.
struct AnswerLine {
  std::string_view text;
  Confidence confidence;
};

/// Lines of `text` that hold anything.  A token counts for the line in which its text begins; one of newlines alone
/// counts for none.
/// @param text_ends          for each token, the bytes of `text` that end with it
/// @param log_probabilities  as many
std::vector<AnswerLine> answer_lines(std::string_view text, const std::vector<size_t>& text_ends,
                                     const std::vector<float>& log_probabilities);

}  // namespace deepseekocr
