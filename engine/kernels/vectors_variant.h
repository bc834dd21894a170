// SPDX-License-Identifier: MIT
// Keys and values in 8 bits, written once over Lanes and Words.  Included like variant.h, after them.
//
// A key is multiplied with a query that is whole numbers too, of 16 bits: one multiplication takes twice as many of
// them as in float32, the sums are exact, and the query's own rounding is a 256th of the key's.  Values are widened to
// float32: what they are multiplied with spans more than 16 bits hold.
#pragma once

#include "kernels/kernels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

/// Rounds to the largest magnitude / largest.  What is not finite makes the scale not a number, and so all products.
template <typename Number>
float round_vector(const float* x, int64_t length, float largest, Number* numbers) {
  Lanes high = Lanes::all(0), low = Lanes::all(0), nothing = Lanes::all(0);
  for_lanes(x, length, 0, [&](Lanes value, int64_t, int64_t) {
    high = Lanes::largest(high, value);
    low = Lanes::smallest(low, value);
    nothing = Lanes::fused(value, Lanes::all(0), nothing);  // not a number if the value is none, or infinite
  });
  const float extreme = largest_of(Lanes::largest(high, Lanes::multiply(low, Lanes::all(-1))));
  const float scale = (extreme > kSmallest ? extreme / largest : 0) + nothing.sum();
  if (!(scale > 0)) {
    for (int64_t k = 0; k < length; ++k) numbers[k] = 0;
    return scale;
  }
  const Lanes inverse = Lanes::all(largest / extreme);
  for_lanes(x, length, 0, [&](Lanes value, int64_t k, int64_t count) {
    int16_t whole[kLanes];
    Lanes::nearest(Lanes::multiply(value, inverse)).store(whole);
    for (int64_t i = 0; i < count; ++i) numbers[k + i] = static_cast<Number>(whole[i]);
  });
  return scale;
}

inline float round_bytes(const float* x, int64_t length, int8_t* numbers) {
  return round_vector(x, length, 127, numbers);
}

inline float round_words(const float* x, int64_t length, int16_t* numbers) {
  constexpr int64_t kSums = INT32_MAX / 127;
  return round_vector(x, length, static_cast<float>(length <= kSums / 32767 ? 32767 : kSums / length), numbers);
}

/// Rows whose sums are added up together.
constexpr int kSummedRows = 8;

/// sums[r] = Σ rows[r][k] · x[k] for kRows rows, one after the other: they come from memory as one stream.
template <int kRows>
void sums_of_bytes(Rows<const int8_t> rows, const int16_t* x, int64_t length, int32_t* sums) {
  constexpr int64_t kPairs = 2 * Words::kRows;
  Words parts[kSummedRows];
  for (Words& part : parts) part = Words::all(0);
  const int64_t whole = length / kPairs * kPairs;
  for (int r = 0; r < kRows; ++r) {
    const auto* row = reinterpret_cast<const uint8_t*>(rows.data + r * rows.stride);
    for (int64_t k = 0; k < whole; k += kPairs)
      parts[r] = Words::multiply_add(Words::load_bytes(row + k),
                                     Words::load_words(reinterpret_cast<const uint8_t*>(x + k)), parts[r]);
  }
  Words::sums(parts, sums);
  for (int r = 0; r < kRows; ++r)
    for (int64_t k = whole; k < length; ++k) sums[r] += rows.data[r * rows.stride + k] * x[k];
}

inline void byte_products(ByteVectors rows, int64_t count, const int16_t* x, float scale, int64_t length, float* out) {
  int32_t sums[kSummedRows];
  int64_t row = 0;
  for (; row + kSummedRows <= count; row += kSummedRows) {
    sums_of_bytes<kSummedRows>({rows.numbers + row * length, length}, x, length, sums);
    for (int r = 0; r < kSummedRows; ++r) out[row + r] = static_cast<float>(sums[r]) * (scale * rows.scales[row + r]);
  }
  for (; row < count; ++row) {
    sums_of_bytes<1>({rows.numbers + row * length, length}, x, length, sums);
    out[row] = static_cast<float>(sums[0]) * (scale * rows.scales[row]);
  }
}

/// Adds `count` rows to kBlocks registers of the result.
template <int kBlocks>
void add_columns_of_bytes(Rows<const int8_t> rows, const float* factors, int64_t count, float* out) {
  Lanes sums[kBlocks];
  for (int b = 0; b < kBlocks; ++b) sums[b] = Lanes::load(out + b * kLanes);
  for (int64_t r = 0; r < count; ++r) {
    const Lanes factor = Lanes::all(factors[r]);
    for (int b = 0; b < kBlocks; ++b)
      sums[b] = Lanes::fused(factor, Lanes::load(rows.data + r * rows.stride + b * kLanes), sums[b]);
  }
  for (int b = 0; b < kBlocks; ++b) sums[b].store(out + b * kLanes);
}

inline void add_bytes(Rows<const int8_t> rows, const float* factors, int64_t count, int64_t length, float* out) {
  constexpr int kBlocks = 8;
  int64_t k = 0;
  for (; k + kBlocks * kLanes <= length; k += kBlocks * kLanes)
    add_columns_of_bytes<kBlocks>({rows.data + k, rows.stride}, factors, count, out + k);
  for (; k + kLanes <= length; k += kLanes)
    add_columns_of_bytes<1>({rows.data + k, rows.stride}, factors, count, out + k);
  for (; k < length; ++k)
    for (int64_t r = 0; r < count; ++r) out[k] += factors[r] * static_cast<float>(rows.data[r * rows.stride + k]);
}

/// So few rows at a time that they are still in the first cache when their next columns are taken.
inline void weighted_byte_sum(ByteVectors rows, const float* factors, int64_t count, int64_t length, float* out) {
  constexpr int64_t kRows = 32;
  float scaled[kRows];
  for (int64_t k = 0; k < length; ++k) out[k] = 0;
  for (int64_t row = 0; row < count; row += kRows) {
    const int64_t some = count - row < kRows ? count - row : kRows;
    for (int64_t r = 0; r < some; ++r) scaled[r] = factors[row + r] * rows.scales[row + r];
    add_bytes({rows.numbers + row * length, length}, scaled, some, length, out);
  }
}

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
