// SPDX-License-Identifier: MIT
// What the vision encoder needs beside products of panels, written once over Lanes.  Included like variant.h, after it.
#pragma once

#include "kernels/kernels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

/// Calls x[k] = f(x[k] + bias[k]) for whole lanes of numbers.
template <typename Function>
void activate(float* x, const float* bias, int64_t length, Function f) {
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes) f(Lanes::add(Lanes::load(x + k), Lanes::load(bias + k))).store(x + k);
  if (k == length) return;
  float rest[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) rest[i] = k + i < length ? x[k + i] + bias[k + i] : 0;
  store_some(f(Lanes::load(rest)), x + k, length - k);
}

/// x · Φ(x): 1 − Φ(|x|) is half of erfc(|x| / √2), a polynomial in t = 1 / (1 + p |x| / √2) times e^(−x² / 2)
/// (Abramowitz and Stegun, 7.1.26: off by 1.5e-7).
inline Lanes gelu_of(Lanes x) {
  constexpr float kRootHalf = 0.70710678F, kP = 0.3275911F * kRootHalf;
  const Lanes one = Lanes::all(1), minus = Lanes::all(-1);
  const Lanes size = Lanes::largest(x, Lanes::multiply(x, minus));
  const Lanes t = Lanes::divide(one, Lanes::fused(size, Lanes::all(kP), one));
  Lanes tail = Lanes::all(1.061405429F);
  for (const float factor : {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F})
    tail = Lanes::fused(tail, t, Lanes::all(factor));
  const Lanes half_square = Lanes::multiply(Lanes::multiply(x, x), Lanes::all(-0.5F));
  tail = Lanes::multiply(Lanes::multiply(tail, t), Lanes::multiply(exponential(half_square), Lanes::all(0.5F)));
  // Φ of a positive number is 1 − tail, of a negative one the tail.
  return Lanes::fused(Lanes::multiply(size, minus), tail, Lanes::largest(x, Lanes::all(0)));
}

inline void gelu(float* x, const float* bias, int64_t length) {
  activate(x, bias, length, gelu_of);
}

inline void quick_gelu(float* x, const float* bias, int64_t length) {
  activate(x, bias, length, [](Lanes value) {
    const Lanes power = exponential(Lanes::multiply(value, Lanes::all(-1.702F)));
    return Lanes::divide(value, Lanes::add(Lanes::all(1), power));
  });
}

/// kRows rows of the result, kBlocks registers of each: a value is loaded once for all of them.
template <int kRows, int kBlocks>
void tile_of_sums(Rows<const float> factors, Rows<const float> values, int64_t rows, Rows<float> out) {
  Lanes sums[kRows][kBlocks];
  for (auto& row : sums)
    for (Lanes& sum : row) sum = Lanes::all(0);
  for (int64_t r = 0; r < rows; ++r) {
    Lanes some[kBlocks];
    for (int b = 0; b < kBlocks; ++b) some[b] = Lanes::load(values.data + r * values.stride + b * kLanes);
    for (int i = 0; i < kRows; ++i) {
      const Lanes factor = Lanes::all(factors.data[i * factors.stride + r]);
      for (int b = 0; b < kBlocks; ++b) sums[i][b] = Lanes::fused(factor, some[b], sums[i][b]);
    }
  }
  for (int i = 0; i < kRows; ++i)
    for (int b = 0; b < kBlocks; ++b) sums[i][b].store(out.data + i * out.stride + b * kLanes);
}

/// All rows of the result, kBlocks registers of each.
template <int kBlocks>
void columns_of_sums(Rows<const float> factors, int64_t count, Rows<const float> values, int64_t rows,
                     Rows<float> out) {
  constexpr int kRows = 6;  // of two registers each, the sums and what is multiplied fill fifteen of sixteen
  int64_t i = 0;
  for (; i + kRows <= count; i += kRows)
    tile_of_sums<kRows, kBlocks>({factors.data + i * factors.stride, factors.stride}, values, rows,
                                 {out.data + i * out.stride, out.stride});
  for (; i + 2 <= count; i += 2)
    tile_of_sums<2, kBlocks>({factors.data + i * factors.stride, factors.stride}, values, rows,
                             {out.data + i * out.stride, out.stride});
  if (i < count)
    tile_of_sums<1, kBlocks>({factors.data + i * factors.stride, factors.stride}, values, rows,
                             {out.data + i * out.stride, out.stride});
}

inline void weighted_sums(Rows<const float> factors, int64_t count, Rows<const float> values, int64_t rows,
                          int64_t length, Rows<float> out) {
  int64_t k = 0;
  for (; k + 2 * kLanes <= length; k += 2 * kLanes)
    columns_of_sums<2>(factors, count, {values.data + k, values.stride}, rows, {out.data + k, out.stride});
  for (; k + kLanes <= length; k += kLanes)
    columns_of_sums<1>(factors, count, {values.data + k, values.stride}, rows, {out.data + k, out.stride});
  for (; k < length; ++k) {
    for (int64_t i = 0; i < count; ++i) {
      float sum = 0;
      for (int64_t r = 0; r < rows; ++r)
        sum = __builtin_fmaf(factors.data[i * factors.stride + r], values.data[r * values.stride + k], sum);
      out.data[i * out.stride + k] = sum;
    }
  }
}

inline void add_grid(float* x, const float* by_row, int64_t rows, const float* by_column, int64_t columns,
                     float factor) {
  const Lanes factors = Lanes::all(factor);
  for (int64_t row = 0; row < rows; ++row, x += columns) {
    const Lanes own = Lanes::all(by_row[row]);
    int64_t k = 0;
    for (; k + kLanes <= columns; k += kLanes)
      Lanes::fused(Lanes::add(own, Lanes::load(by_column + k)), factors, Lanes::load(x + k)).store(x + k);
    for (; k < columns; ++k) x[k] = __builtin_fmaf(by_row[row] + by_column[k], factor, x[k]);
  }
}

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
