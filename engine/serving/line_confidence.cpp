// SPDX-License-Identifier: MIT
#include "serving/line_confidence.h"

#include <algorithm>
#include <cmath>

namespace deepseekocr {

Confidence confidence_of(const float* log_probabilities, size_t count) {
  if (count == 0) return {};
  Confidence confidence{0, 1};
  for (size_t i = 0; i < count; ++i) {
    const double probability = std::exp(static_cast<double>(log_probabilities[i]));
    confidence.mean += probability / static_cast<double>(count);
    confidence.least = std::min(confidence.least, probability);
  }
  return confidence;
}

std::vector<AnswerLine> answer_lines(std::string_view text, const std::vector<size_t>& text_ends,
                                     const std::vector<float>& log_probabilities) {
  // Where the writing of each token begins: its newlines belong to the line before.
  std::vector<size_t> begins;
  begins.reserve(text_ends.size());
  size_t end = 0;
  for (const size_t next : text_ends) {
    begins.push_back(std::min(text.find_first_not_of('\n', end), text.size()));
    if (begins.back() >= next && next > end) begins.back() = end;  // newlines alone
    end = next;
  }
  std::vector<AnswerLine> lines;
  auto token = begins.begin();
  for (size_t begin = 0; begin < text.size();) {
    const size_t newline = std::min(text.find('\n', begin), text.size());
    const auto first = std::lower_bound(token, begins.end(), begin);
    token = std::lower_bound(first, begins.end(), newline);
    const auto* probabilities = log_probabilities.data() + (first - begins.begin());
    if (newline > begin)
      lines.push_back(
          {text.substr(begin, newline - begin), confidence_of(probabilities, static_cast<size_t>(token - first))});
    begin = newline + 1;
  }
  return lines;
}

}  // namespace deepseekocr
