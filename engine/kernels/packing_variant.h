// SPDX-License-Identifier: MIT
// Turns rows of float32 into panels and back: plain loops that a compiler can vectorise, included like variant.h by one
// file for each instruction set, and by one for any processor.  No sum may be fused or taken in another order, so that
// all of them give the same panels.
#pragma once

#include "kernels/kernels.h"
#include "kernels/panels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

inline float smallest_of(float a, float b) {
  return a < b ? a : b;
}
inline float largest_of(float a, float b) {
  return a > b ? a : b;
}

/// To the nearest whole number, ties to even, for |x| < 2^22.
inline float nearest(float x) {
  constexpr float kShift = 12582912.0F;  // 1.5 · 2^23: the last bit counts ones
  return (x + kShift) - kShift;
}

/// The bfloat16 next to `x` that is no smaller in magnitude.
inline Bf16 enlarged(float x) {
  uint32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return static_cast<Bf16>((bits + 0xffff) >> 16);
}

inline Bf16 rounded(float x) {
  uint32_t bits = 0;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

/// The value of largest magnitude.
inline float extreme(const float* w, int64_t count) {
  float low = 0, high = 0;
  for (int64_t k = 0; k < count; ++k) {
    low = smallest_of(low, w[k]);
    high = largest_of(high, w[k]);
  }
  return -low > high ? low : high;
}

/// w / scale as whole numbers from `low` to `high`; 0 where the scale has no reciprocal in float32.
inline void divide(const float* w, int64_t count, float scale, float low, float high, float* numbers) {
  const float inverse = __builtin_fabsf(scale) > 1e-30F ? 1 / scale : 0;
  for (int64_t k = 0; k < count; ++k) numbers[k] = smallest_of(high, largest_of(low, nearest(w[k] * inverse)));
}

inline Bf16 choose_scale(const float* w, Int8) {
  return enlarged(__builtin_fabsf(extreme(w, Int8::kGroup)) / 127);
}

/// How well numbers a represent w, and with which scale: the best of all scales is Σ w·a / Σ a², and what it leaves of
/// Σ w² is less by (Σ w·a)² / Σ a².
struct Fit {
  float gain = 0;
  float scale = 0;
};

inline Fit fit(const float* w, const float* numbers, int64_t count) {
  constexpr int64_t kParts = 16;  // sums in a fixed order that can be taken side by side
  float products[kParts] = {}, squares[kParts] = {};
  for (int64_t k = 0; k < count; k += kParts) {
    for (int64_t i = 0; i < kParts; ++i) {
      products[i] += w[k + i] * numbers[k + i];
      squares[i] += numbers[k + i] * numbers[k + i];
    }
  }
  float product = 0, square = 0;
  for (int64_t i = 0; i < kParts; ++i) {
    product += products[i];
    square += squares[i];
  }
  return square > 0 ? Fit{product * (product / square), product / square} : Fit{};
}

/// Sixteen levels are few: several scales around the one that just holds the extreme are tried.
inline Bf16 choose_scale(const float* w, Int4) {
  const float largest = extreme(w, Int4::kGroup);
  Fit best;
  for (const float levels : {-9.5F, -9.0F, -8.5F, -8.0F, -7.5F, -7.0F, 7.0F, 7.5F, 8.0F}) {
    float numbers[Int4::kGroup];
    divide(w, Int4::kGroup, largest / levels, -8, 7, numbers);
    const Fit tried = fit(w, numbers, Int4::kGroup);
    if (tried.gain > best.gain) best = tried;
  }
  return rounded(best.scale);
}

/// Columns of a row, from the numbers of one group.
inline void put(const float* numbers, int64_t row, uint8_t* data, Int8) {
  for (int64_t k = 0; k < Int8::kGroup; ++k)
    data[(k / 2 * kPanelRows + row) * 2 + k % 2] = static_cast<uint8_t>(static_cast<int8_t>(numbers[k]));
}

inline void put(const float* numbers, int64_t row, uint8_t* data, Int4) {
  for (int64_t k = 0; k < Int4::kGroup; k += 8) {
    for (int64_t odd = 0; odd < 2; ++odd) {
      uint32_t word = 0;
      for (uint32_t i = 0; i < 4; ++i)
        word |= static_cast<uint32_t>(static_cast<int32_t>(numbers[k + 2 * i + odd]) + Int4::kZero) << (4 * i);
      uint8_t* place = data + k * 8 + row * 4 + odd * 2;
      place[0] = static_cast<uint8_t>(word);
      place[1] = static_cast<uint8_t>(word >> 8);
    }
  }
}

inline int32_t get(const uint8_t* data, int64_t row, int64_t k, Int8) {
  return static_cast<int8_t>(data[(k / 2 * kPanelRows + row) * 2 + k % 2]);
}

inline int32_t get(const uint8_t* data, int64_t row, int64_t k, Int4) {
  const uint8_t* place = data + k / 8 * 64 + row * 4 + k % 2 * 2;
  const uint32_t word = place[0] | (uint32_t{place[1]} << 8);
  return static_cast<int32_t>(word >> (4 * (k % 8 / 2)) & 15) - Int4::kZero;
}

inline bool are_finite(const float* w, int64_t count) {
  float nothing = 0;
  for (int64_t k = 0; k < count; ++k) nothing += w[k] * 0;
  return nothing == 0;
}

/// A group with a weight that is no finite number gets a scale that is none.
template <typename Format>
void pack(Rows<const float> weights, int64_t rows, int64_t columns, uint8_t* panel) {
  constexpr int64_t kGroup = Format::kGroup;
  constexpr float kLow = Format::kBits == 8 ? -127 : -8, kHigh = Format::kBits == 8 ? 127 : 7;
  for (int64_t first = 0; first < columns; first += kGroup, panel += kGroupBytes<Format>) {
    const int64_t some = columns - first < kGroup ? columns - first : kGroup;
    for (int64_t row = 0; row < kPanelRows; ++row) {
      float w[kGroup] = {}, numbers[kGroup];
      if (row < rows)
        __builtin_memcpy(w, weights.data + row * weights.stride + first, static_cast<size_t>(some) * sizeof *w);
      constexpr Bf16 kNotANumber = 0x7fc0;
      const Bf16 scale = are_finite(w, kGroup) ? choose_scale(w, Format{}) : kNotANumber;
      __builtin_memcpy(panel + row * 2, &scale, sizeof scale);
      divide(w, kGroup, widen(scale), kLow, kHigh, numbers);
      put(numbers, row, panel + kScaleBytes, Format{});
    }
  }
}

template <typename Format>
void unpack(const uint8_t* panel, int64_t rows, int64_t columns, Rows<float> out) {
  for (int64_t first = 0; first < columns; first += Format::kGroup, panel += kGroupBytes<Format>) {
    const int64_t some = columns - first < Format::kGroup ? columns - first : Format::kGroup;
    for (int64_t row = 0; row < rows; ++row) {
      Bf16 scale = 0;
      __builtin_memcpy(&scale, panel + row * 2, sizeof scale);
      float* to = out.data + row * out.stride + first;
      for (int64_t k = 0; k < some; ++k)
        to[k] = static_cast<float>(get(panel + kScaleBytes, row, k, Format{})) * widen(scale);
    }
  }
}

extern const Packing kPacking;
const Packing kPacking = {{pack<Int8>, unpack<Int8>}, {pack<Int4>, unpack<Int4>}};

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
