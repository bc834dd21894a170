// SPDX-License-Identifier: MIT
// The inner loops, once for each instruction set.  Plain pointers: no tensors, no threads, no memory of their own.
//
// A kernel computes each result in the same order however its work is cut, so that results do not depend on the number
// of threads or on how many rows are asked for at once.
#pragma once

#include <cstdint>

#include "kernels/bf16.h"
#include "kernels/isa.h"
#include "kernels/panels.h"

namespace deepseekocr::kernels {

/// A row-major matrix: `stride` elements from one row to the next.
template <typename T>
struct Rows {
  T* data;
  int64_t stride;
};

/// Of one element type.  Sums are kept in float32.
template <typename T>
struct TypedKernels {
  /// out[i][r] = Σ weights[r][k] · x[i][k] for r < rows, i < count, k < length.
  void (*products)(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, int64_t length,
                   Rows<float> out);
  /// The same for many inputs, faster: sums are added in another order, which no cut of rows or inputs changes.
  void (*many_products)(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, int64_t length,
                        Rows<float> out);
  /// out[k] = Σ factors[r] · values[r][k] for r < rows, k < length.
  void (*weighted_sum)(Rows<const T> values, const float* factors, int64_t rows, int64_t length, float* out);
  /// Rounds to nearest, ties to even; for float32 a copy.
  void (*round)(const float* x, int64_t length, T* out);
};

/// Of weights in panels of one format.
struct PanelKernels {
  /// out[i][r] = Σ weights[r][k] · x[i][k] for all rows of `count` panels that follow each other, i < inputs.
  void (*products)(const uint8_t* panels, int64_t count, const RoundedRows& x, int64_t inputs, Rows<float> out);
  /// Rounds `count` rows of `length` columns, each group to its largest value / 32767, or / 127 in 8 bits; for int8x8
  /// to its range, zero included, / 255.  Groups below 1e-30 become zeros; in one that is not finite the scale is not a
  /// number.
  void (*round_inputs)(Rows<const float> x, int64_t count, int64_t length, const RoundedRows& out);
};

/// Vectors in 8 bits, one behind the other: value = number · scale of its vector, numbers from −127 to 127.
struct ByteVectors {
  const int8_t* numbers;
  const float* scales;
};

/// Of such vectors: the keys and values of a cache.
struct ByteKernels {
  /// Rounds to the largest magnitude / 127.  Where that is below 1e-30 the numbers and the scale are zeros; where
  /// something is not finite the numbers are zeros and the scale is not a number.  @return the scale
  float (*round)(const float* x, int64_t length, int8_t* numbers);
  /// The same to the largest magnitude / 32767, or to less where sums of `length` products would pass 32 bits: a query,
  /// as products() takes it.
  float (*round_query)(const float* x, int64_t length, int16_t* numbers);
  /// out[r] = Σ value[r][k] · (scale · x[k]) for r < count, k < length; the sums are exact.
  void (*products)(ByteVectors vectors, int64_t count, const int16_t* x, float scale, int64_t length, float* out);
  /// out[k] = Σ factors[r] · value[r][k] for r < count, k < length.
  void (*weighted_sum)(ByteVectors vectors, const float* factors, int64_t count, int64_t length, float* out);
};

struct Kernels {
  TypedKernels<float> f32;
  TypedKernels<Bf16> bf16;
  PanelKernels int8;
  PanelKernels int8x8;
  PanelKernels int4;
  ByteKernels bytes;
  /// In place: x[k] = exp(scale · (x[k] − max x)).  length ≥ 1.  @return their sum
  float (*softmax_terms)(float* x, int64_t length, float scale);
  /// max(x[k] + factor · y[k]).  length ≥ 1; of numbers that are none, any result
  float (*largest_sum)(const float* x, const float* y, float factor, int64_t length);
  /// sums: of exp(x[k] + offset), of x[k] + offset and of its square, for x[k] + offset ≤ 0.
  void (*shifted_sums)(const float* x, int64_t length, float offset, float* sums);
  /// out[k] = silu(gate[k]) · up[k]
  void (*silu_times)(const float* gate, const float* up, int64_t length, float* out);
  /// In place: x[k] = f(x[k] + bias[k]) with the exact GELU, x · Φ(x), off by 2e-7 of x at most.
  void (*gelu)(float* x, const float* bias, int64_t length);
  /// The same with x · sigmoid(1.702 x).
  void (*quick_gelu)(float* x, const float* bias, int64_t length);
  /// out[i][k] = Σ factors[i][r] · values[r][k] for i < count, r < rows, k < length, added in the order of r.
  void (*weighted_sums)(Rows<const float> factors, int64_t count, Rows<const float> values, int64_t rows,
                        int64_t length, Rows<float> out);
  /// x[row][column] += factor · (by_row[row] + by_column[column])
  void (*add_grid)(float* x, const float* by_row, int64_t rows, const float* by_column, int64_t columns, float factor);
  /// out[k] = weight[k] · x[k] / √(mean(x²) + epsilon)
  void (*rms_norm)(const float* x, const float* weight, int64_t length, float epsilon, float* out);
};

/// @param isa  a level up to best_isa()
/// @return NULL for none
const Kernels* kernels_of(Isa isa);

/// Between float32 and panels of one format.  rows ≤ kPanelRows.
struct FormatPacking {
  void (*pack)(Rows<const float> weights, int64_t rows, int64_t columns, uint8_t* panel);
  void (*unpack)(const uint8_t* panel, int64_t rows, int64_t columns, Rows<float> out);
};

struct Packing {
  FormatPacking int8;
  FormatPacking int8x8;
  FormatPacking int4;
};

/// Every level gives the same panels, Isa::none too.
const Packing& packing_of(Isa isa);

}  // namespace deepseekocr::kernels
