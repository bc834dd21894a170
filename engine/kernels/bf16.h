// SPDX-License-Identifier: MIT
// bfloat16 as kernels see it.
#pragma once

#include <cstdint>

namespace deepseekocr::kernels {

/// The upper half of a float32.
using Bf16 = uint16_t;

/// Always inlined, so that files for other instruction sets may use them too: none of them leaves a copy behind.
[[gnu::always_inline]] inline float widen(float x) {
  return x;
}
[[gnu::always_inline]] inline float widen(Bf16 x) {
  const uint32_t bits = uint32_t{x} << 16;
  float value = 0;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

}  // namespace deepseekocr::kernels
