// SPDX-License-Identifier: MIT
// lm_head in 8 bits, and the choice it gives: that of the exact rows.
#pragma once

#include <span>
#include <vector>

#include "operations/weights.h"

namespace deepseekocr::operations {

/// The head in 8 bits, and how far it is from the exact one.
struct PackedHead {
  PackedMatrices weights;     ///< one matrix (vocabulary, hidden), int8, dtype float32
  std::vector<float> errors;  ///< for each row ‖exact − packed‖, rounded up
  float largest_norm = 0;     ///< no less than the length of any row, exact or packed
  ReadRows exact;             ///< rows of the exact head
};

/// Logits of the packed rows: x (rows, hidden) → (rows, vocabulary), float32.
at::Tensor logits(const at::Tensor& x, const PackedHead& head);

/// choose() for one row of what the packed rows gave: logits that may be the best or the second are replaced by exact
/// ones, as the next function says.
/// @param x  the head's input, `hidden` numbers
Choice choose(const float* x, const PackedHead& head, std::span<const int32_t> banned, std::span<float> logits);

/// What choose() gives for exact logits of each row of x (rows, hidden), from one pass over the packed head: rows of it
/// that may be the best or the second are computed again from their exact weights.  An error bound decides which; by
/// Cauchy and Schwarz
///
///     |w·x − ŵ·x̂| ≤ ‖w − ŵ‖ ‖x‖ + ‖ŵ‖ ‖x − x̂‖ + rounding of the sum
///
/// with ŵ the packed row and x̂ the rounded input.  Id and margin's numerator are exact; the sum of exponentials and the
/// deviation are those of the packed rows, with the exact ones in place.
/// @param banned  ids that may not be chosen, for each row
/// @param expected  ids of the first rows, as many as there are: behind a choice that is another, no row is looked at
/// @return the choices up to there
/// @throws EngineError as choose() does, and what reading a row throws
std::vector<Choice> choose(const at::Tensor& x, const PackedHead& head,
                           std::span<const std::span<const int32_t>> banned, std::span<const int32_t> expected = {});

}  // namespace deepseekocr::operations
