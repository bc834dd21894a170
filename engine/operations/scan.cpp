// SPDX-License-Identifier: MIT
#include "operations/scan.h"

#include <cmath>
#include <vector>

namespace deepseekocr::operations {
namespace {

const kernels::Kernels* kernels_in_use() {
  static const kernels::Kernels* const kKernels = kernels::kernels_of(kernels::active_isa());
  return kKernels;
}

}  // namespace

float largest_sum(const float* x, const float* y, float factor, int64_t length) {
  if (const kernels::Kernels* kernels = kernels_in_use()) return kernels->largest_sum(x, y, factor, length);
  float largest = x[0] + factor * y[0];
  for (int64_t k = 1; k < length; ++k) largest = std::max(largest, x[k] + factor * y[k]);
  return largest;
}

TopTwo top_two(std::span<const float> values, std::span<const int32_t> banned) {
  thread_local std::vector<int32_t> skip;  // kept: a choice takes no memory
  skip.assign(banned.begin(), banned.end());
  std::sort(skip.begin(), skip.end());
  const auto at = [&](int64_t k) { return values[static_cast<size_t>(k)]; };
  const auto length = static_cast<int64_t>(values.size());
  TopTwo top;
  for (int64_t first = 0; first < length; first += kScanBlock) {
    const int64_t end = std::min(first + kScanBlock, length);
    const float* block = values.data() + first;
    if (top.second >= 0 && largest_sum(block, block, 0, end - first) <= at(top.second)) continue;
    auto next_banned = std::lower_bound(skip.begin(), skip.end(), first);
    for (int64_t k = first; k < end; ++k) {
      while (next_banned != skip.end() && *next_banned < k) ++next_banned;
      if (next_banned != skip.end() && *next_banned == k) continue;
      if (top.best < 0 || at(k) > at(top.best)) {
        top.second = top.best;
        top.best = k;
      } else if (top.second < 0 || at(k) > at(top.second)) {
        top.second = k;
      }
    }
  }
  return top;
}

ShiftedSums shifted_sums(std::span<const float> x, float offset) {
  ShiftedSums all;
  if (const kernels::Kernels* kernels = kernels_in_use()) {
    const auto length = static_cast<int64_t>(x.size());
    for (int64_t first = 0; first < length; first += kScanBlock) {
      float sums[3];
      kernels->shifted_sums(x.data() + first, std::min(kScanBlock, length - first), offset, sums);
      all.exponentials += sums[0];
      all.values += sums[1];
      all.squares += sums[2];
    }
    return all;
  }
  for (const float value : x) {
    const double shifted = double{value} + offset;
    all.exponentials += std::exp(shifted);
    all.values += shifted;
    all.squares += shifted * shifted;
  }
  return all;
}

}  // namespace deepseekocr::operations
