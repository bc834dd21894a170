// SPDX-License-Identifier: MIT
// Passes over the logits of a vocabulary: a block at a time by a kernel, and one by one where a block holds what is
// looked for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "kernels/kernels.h"

namespace deepseekocr::operations {

/// Numbers that a kernel looks at before its result is; they stay in the first cache.
constexpr int64_t kScanBlock = 512;

/// max(x[k] + factor · y[k]) of a block.
float largest_sum(const float* x, const float* y, float factor, int64_t length);

/// Places of the largest and the second largest; −1: there is none.  The lowest place on a tie.
struct TopTwo {
  int64_t best = -1;
  int64_t second = -1;
};

/// @param banned  places that do not count, in any order; others than those of `values` are ignored
TopTwo top_two(std::span<const float> values, std::span<const int32_t> banned);

/// Calls found(k) for all k with x[k] + factor · y[k] ≥ threshold, in their order; before it, for none of a block.
template <typename Found>
void above(std::span<const float> x, std::span<const float> y, float factor, float threshold, const Found& found) {
  const auto length = static_cast<int64_t>(x.size());
  for (int64_t first = 0; first < length; first += kScanBlock) {
    const int64_t end = std::min(first + kScanBlock, length);
    if (largest_sum(x.data() + first, y.data() + first, factor, end - first) < threshold) continue;
    for (int64_t k = first; k < end; ++k)
      if (x[static_cast<size_t>(k)] + factor * y[static_cast<size_t>(k)] >= threshold) found(k);
  }
}

/// Of numbers shifted by `offset`.
struct ShiftedSums {
  double exponentials = 0;
  double values = 0;
  double squares = 0;
};

/// Within 1e-5 of each sum where x[k] + offset ≤ 0; a sum that float32 does not hold, or one with a number that is not
/// finite, is not finite.
ShiftedSums shifted_sums(std::span<const float> x, float offset);

}  // namespace deepseekocr::operations
