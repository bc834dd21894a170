// SPDX-License-Identifier: MIT
#include "checkpoint/low_rank.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace deepseekocr {
namespace {

constexpr int64_t kLanes = 16;  ///< columns that are summed side by side

/// out[j] = Σ_k up[k] · A[k, j] for a row of B.
void product_row(const LowRankUpdate& update, const float* up, float* out) {
  const int64_t columns = update.columns, rank = update.rank;
  for (int64_t first = 0; first < columns; first += kLanes) {
    std::array<float, kLanes> sums{};
    const float* down = update.down.data() + first;
    const int64_t width = std::min(kLanes, columns - first);
    if (width == kLanes) {
      for (int64_t k = 0; k < rank; ++k, down += columns)
        for (int64_t j = 0; j < kLanes; ++j) sums[static_cast<size_t>(j)] += up[k] * down[j];
    } else {
      for (int64_t k = 0; k < rank; ++k, down += columns)
        for (int64_t j = 0; j < width; ++j) sums[static_cast<size_t>(j)] += up[k] * down[j];
    }
    std::copy_n(sums.data(), width, out + first);
  }
}

void set_length(float* row, int64_t columns, float length) {
  double squares = 0;
  for (int64_t j = 0; j < columns; ++j) squares += double{row[j]} * row[j];
  if (squares == 0) return;  // nothing has no direction
  const float factor = length / static_cast<float>(std::sqrt(squares));
  for (int64_t j = 0; j < columns; ++j) row[j] *= factor;
}

}  // namespace

void add_update(const LowRankUpdate& update, int64_t first, int64_t count, float* rows) {
  const int64_t columns = update.columns;
  std::vector<float> change(static_cast<size_t>(columns));
  for (int64_t i = 0; i < count; ++i, rows += columns) {
    product_row(update, update.up.data() + (first + i) * update.rank, change.data());
    // Two loops: a fused multiplication and addition would round once only.
    for (float& x : change) x *= update.scale;
    for (int64_t j = 0; j < columns; ++j) rows[j] += change[static_cast<size_t>(j)];
    if (!update.lengths.empty()) set_length(rows, columns, update.lengths[static_cast<size_t>(first + i)]);
  }
}

}  // namespace deepseekocr
