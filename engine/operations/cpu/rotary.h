// SPDX-License-Identifier: MIT
// Rotary positions of single vectors.
#pragma once

#include "kernels/bf16.h"
#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

/// out = x·cos + (−second half, first half)·sin at `position`: `dim` numbers, float32.
template <typename T>
void rotate(const RopeTable& rope, int64_t position, int64_t dim, const T* x, float* out) {
  const float* cosines = read_only<float>(rope.cosines) + position * dim;
  const float* sines = read_only<float>(rope.sines) + position * dim;
  const int64_t half = dim / 2;
  for (int64_t i = 0; i < half; ++i) {
    const float first = kernels::widen(x[i]), second = kernels::widen(x[half + i]);
    out[i] = first * cosines[i] - second * sines[i];
    out[half + i] = second * cosines[half + i] + first * sines[half + i];
  }
}

}  // namespace deepseekocr::operations::cpu
