// SPDX-License-Identifier: MIT
// The arithmetic of a LoRA adapter: W + scale · B·A in float32.
#pragma once

#include <cstdint>
#include <vector>

namespace deepseekocr {

/// What is added to a matrix of (rows, columns).  Immutable once filled.
struct LowRankUpdate {
  int64_t columns = 0;
  int64_t rank = 0;
  float scale = 1;
  std::vector<float> down;     ///< A: (rank, columns)
  std::vector<float> up;       ///< B: (rows, rank)
  std::vector<float> lengths;  ///< DoRA: (rows), the length of each row of the sum; empty: as it comes out
};

/// Adds to rows first … first + count − 1 of a matrix, which `rows` (count, columns) holds.  B·A is summed, multiplied
/// and added in float32, each rounded for itself, in the order in which PEFT does it.
void add_update(const LowRankUpdate& update, int64_t first, int64_t count, float* rows);

}  // namespace deepseekocr
