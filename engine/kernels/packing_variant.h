// SPDX-License-Identifier: MIT
// Turns rows of float32 into panels and back.  Included by one file for each instruction set, and by one for any
// processor; these files are compiled without fusing products and sums, so that all of them give the same panels.
#pragma once

#include "kernels/kernels.h"
#include "kernels/panels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

/// Eight numbers at a time: the compiler makes of them what the instruction set has.
constexpr int64_t kEight = 8;
using Eight [[gnu::vector_size(32)]] = float;
using EightWhole [[gnu::vector_size(32)]] = int32_t;
using FourPairs [[gnu::vector_size(32)]] = uint64_t;

inline Eight all_of(float x) {
  return Eight{} + x;
}
inline Eight smallest_of(Eight a, Eight b) {
  return a < b ? a : b;
}
inline Eight largest_of(Eight a, Eight b) {
  return a > b ? a : b;
}

inline float sum_of(Eight x) {
  return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
}

/// To the nearest whole number, ties to even, for |x| < 2^22.
inline Eight nearest(Eight x) {
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

/// One row of a group.
template <typename Format>
struct Group {
  static constexpr int64_t kParts = Format::kGroup / kEight;
  Eight parts[kParts];
};

/// The value of largest magnitude.
template <typename Format>
float extreme(const Group<Format>& w) {
  Eight low{}, high{};
  for (const Eight part : w.parts) {
    low = smallest_of(low, part);
    high = largest_of(high, part);
  }
  float least = 0, most = 0;
  for (int64_t i = 0; i < kEight; ++i) {
    least = low[i] < least ? low[i] : least;
    most = high[i] > most ? high[i] : most;
  }
  return -least > most ? least : most;
}

/// w · inverse as whole numbers from the format's least to its largest.
template <typename Format>
Group<Format> whole_numbers(const Group<Format>& w, float inverse) {
  constexpr float kLow = Format::kBits == 8 ? -127 : -8, kHigh = Format::kBits == 8 ? 127 : 7;
  Group<Format> numbers;
  for (int64_t i = 0; i < Group<Format>::kParts; ++i)
    numbers.parts[i] = smallest_of(all_of(kHigh), largest_of(all_of(kLow), nearest(w.parts[i] * inverse)));
  return numbers;
}

/// w / scale as whole numbers; 0 where the scale has no reciprocal in float32.
template <typename Format>
Group<Format> divide(const Group<Format>& w, float scale) {
  return whole_numbers(w, __builtin_fabsf(scale) > 1e-30F ? 1 / scale : 0);
}

inline Bf16 choose_scale(const Group<Int8>& w) {
  return enlarged(__builtin_fabsf(extreme(w)) / 127);
}

/// As in int8, or coarser where two neighbours of one sign would be more than 127 together before they are rounded.
inline Bf16 choose_scale(const Group<Int8x8>& w) {
  float most = __builtin_fabsf(extreme(w));
  for (const Eight part : w.parts) {
    const Eight other = __builtin_shufflevector(part, part, 1, 0, 3, 2, 5, 4, 7, 6);
    const Eight above = largest_of(part, Eight{}) + largest_of(other, Eight{});
    const Eight below = smallest_of(part, Eight{}) + smallest_of(other, Eight{});
    const Eight both = largest_of(above, -below);
    for (int64_t i = 0; i < kEight; ++i) most = both[i] > most ? both[i] : most;
  }
  return enlarged(most / 127);
}

/// Lane k: the sum of part k, added as sum_of() does.
inline Eight sums_of(const Eight (&x)[kEight]) {
  Eight halves[4], quarters[2];
  for (int64_t i = 0; i < 4; ++i)
    halves[i] = __builtin_shufflevector(x[2 * i], x[2 * i + 1], 0, 1, 2, 3, 8, 9, 10, 11) +
                __builtin_shufflevector(x[2 * i], x[2 * i + 1], 4, 5, 6, 7, 12, 13, 14, 15);
  for (int64_t i = 0; i < 2; ++i)
    quarters[i] = __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], 0, 1, 4, 5, 8, 9, 12, 13) +
                  __builtin_shufflevector(halves[2 * i], halves[2 * i + 1], 2, 3, 6, 7, 10, 11, 14, 15);
  return __builtin_shufflevector(quarters[0], quarters[1], 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(quarters[0], quarters[1], 1, 3, 5, 7, 9, 11, 13, 15);
}

/// Sixteen levels are few: several scales around the one that just holds the extreme are tried, and numbers a of each
/// are fitted to w.  The best of all scales for them is Σ w·a / Σ a², and what it leaves of Σ w² is less by
/// (Σ w·a)² / Σ a².
inline Bf16 choose_scale(const Group<Int4>& w) {
  constexpr Eight kLevels = {-9.0F, -8.5F, -8.0F, -7.5F, -7.0F, 7.0F, 7.5F, 8.0F};
  const Eight tried = all_of(extreme(w)) / kLevels;
  const Eight inverses = largest_of(tried, -tried) > 1e-30F ? 1 / tried : Eight{};
  Eight products[kEight], squares[kEight];
  for (int64_t k = 0; k < kEight; ++k) {
    const Group<Int4> numbers = whole_numbers(w, inverses[k]);
    products[k] = squares[k] = Eight{};
    for (int64_t i = 0; i < Group<Int4>::kParts; ++i) {
      products[k] += w.parts[i] * numbers.parts[i];
      squares[k] += numbers.parts[i] * numbers.parts[i];
    }
  }
  const Eight product = sums_of(products), square = sums_of(squares);
  const Eight scales = square > 0 ? product / square : Eight{}, gains = product * scales;
  float best = 0, scale = 0;
  for (int64_t k = 0; k < kEight; ++k) {
    if (gains[k] > best) {
      best = gains[k];
      scale = scales[k];
    }
  }
  return rounded(scale);
}

/// Eight whole numbers as four pairs: the even one in the lower half.
inline FourPairs pairs_of(Eight numbers, int32_t zero) {
  const EightWhole whole = __builtin_convertvector(numbers, EightWhole) + zero;
  FourPairs pairs;
  __builtin_memcpy(&pairs, &whole, sizeof pairs);
  return pairs;
}

/// The numbers of one row, to their places in the group's data.
inline void put(const Group<Int8>& numbers, int64_t row, uint8_t* data) {
  for (int64_t i = 0; i < Group<Int8>::kParts; ++i) {
    const FourPairs pairs = pairs_of(numbers.parts[i], Int8::kZero);
    const FourPairs bytes = (pairs & 0xff) | ((pairs >> 24) & 0xff00);
    for (int64_t pair = 0; pair < 4; ++pair) {
      const auto both = static_cast<uint16_t>(bytes[pair]);
      __builtin_memcpy(data + ((4 * i + pair) * kPanelRows + row) * 2, &both, sizeof both);
    }
  }
}

inline void put(const Group<Int8x8>& numbers, int64_t row, uint8_t* data) {
  for (int64_t i = 0; i < Group<Int8x8>::kParts; ++i) {
    for (int64_t k = 0; k < kEight; ++k)
      data[((2 * i + k / 4) * kPanelRows + row) * 4 + k % 4] =
          static_cast<uint8_t>(static_cast<int8_t>(numbers.parts[i][k]));
  }
}

inline void put(const Group<Int4>& numbers, int64_t row, uint8_t* data) {
  for (int64_t i = 0; i < Group<Int4>::kParts; ++i) {
    const FourPairs pairs = pairs_of(numbers.parts[i], Int4::kZero);
    const uint64_t words = pairs[0] | pairs[1] << 4 | pairs[2] << 8 | pairs[3] << 12;  // even: from bit 0, odd: from 32
    const auto both = static_cast<uint32_t>(words | words >> 16);
    __builtin_memcpy(data + (i * kPanelRows + row) * 4, &both, sizeof both);
  }
}

inline int32_t get(const uint8_t* data, int64_t row, int64_t k, Int8) {
  return static_cast<int8_t>(data[(k / 2 * kPanelRows + row) * 2 + k % 2]);
}

inline int32_t get(const uint8_t* data, int64_t row, int64_t k, Int8x8) {
  return static_cast<int8_t>(data[(k / 4 * kPanelRows + row) * 4 + k % 4]);
}

inline int32_t get(const uint8_t* data, int64_t row, int64_t k, Int4) {
  const uint8_t* place = data + k / 8 * 64 + row * 4 + k % 2 * 2;
  const uint32_t word = place[0] | (uint32_t{place[1]} << 8);
  return static_cast<int32_t>(word >> (4 * (k % 8 / 2)) & 15) - Int4::kZero;
}

template <typename Format>
bool is_finite(const Group<Format>& w) {
  Eight nothing{};
  for (const Eight part : w.parts) nothing += part * 0;
  return sum_of(nothing) == 0;
}

/// The sum of a row's numbers in a group, where the format keeps it.
template <typename Format>
void put_sum([[maybe_unused]] const Group<Format>& numbers, [[maybe_unused]] int64_t row,
             [[maybe_unused]] uint8_t* sums) {
  if constexpr (Format::kSumBytes > 0) {
    Eight total{};
    for (const Eight part : numbers.parts) total += part;
    const float sum = sum_of(total);
    __builtin_memcpy(sums + row * static_cast<int64_t>(sizeof sum), &sum, sizeof sum);
  }
}

/// A group with a weight that is no finite number gets a scale that is none.
template <typename Format>
void pack(Rows<const float> weights, int64_t rows, int64_t columns, uint8_t* panel) {
  constexpr int64_t kGroup = Format::kGroup;
  constexpr Bf16 kNotANumber = 0x7fc0;
  for (int64_t first = 0; first < columns; first += kGroup, panel += kGroupBytes<Format>) {
    const int64_t some = columns - first < kGroup ? columns - first : kGroup;
    for (int64_t row = 0; row < kPanelRows; ++row) {
      Group<Format> w{};
      if (row < rows)
        __builtin_memcpy(&w, weights.data + row * weights.stride + first, static_cast<size_t>(some) * sizeof(float));
      const bool finite = is_finite(w);
      const Bf16 scale = finite ? choose_scale(w) : kNotANumber;
      __builtin_memcpy(panel + row * 2, &scale, sizeof scale);
      const Group<Format> numbers = divide(finite ? w : Group<Format>{}, widen(scale));
      put_sum(numbers, row, panel + kScaleBytes);
      put(numbers, row, panel + kHeadBytes<Format>);
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
        to[k] = static_cast<float>(get(panel + kHeadBytes<Format>, row, k, Format{})) * widen(scale);
    }
  }
}

extern const Packing kPacking;
const Packing kPacking = {{pack<Int8>, unpack<Int8>}, {pack<Int8x8>, unpack<Int8x8>}, {pack<Int4>, unpack<Int4>}};

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
