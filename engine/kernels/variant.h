// SPDX-License-Identifier: MIT
// The kernels, written once over Lanes.  Included by one file for each instruction set, after Lanes; everything is
// inside the variant's namespace and no function of the standard library is called, because an inline function that is
// shared with other files might be kept in the form that this file's instructions gave it.
#pragma once

#include "kernels/kernels.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

constexpr int64_t kLanes = Lanes::kCount;

inline float largest_of(Lanes x) {
  float parts[kLanes];
  x.store(parts);
  float largest = parts[0];
  for (int64_t i = 1; i < kLanes; ++i) largest = parts[i] > largest ? parts[i] : largest;
  return largest;
}

// ------------------------------------------------------------------------------------------------- products

/// One row of weights times kCount inputs: each weight is loaded once.  Each sum is kept in kChains parts, because an
/// addition takes several cycles.  Rows are taken one by one, so that the weights of a matrix are one stream: several
/// rows at a time come from memory at four fifths of that speed.
template <typename T, int kCount, int kChains>
void row_of_products(const T* weights, Rows<const float> x, int64_t length, Rows<float> out) {
  Lanes sums[kCount][kChains];
  for (auto& chains : sums)
    for (Lanes& chain : chains) chain = Lanes::all(0);
  int64_t k = 0;
  for (; k + kChains * kLanes <= length; k += kChains * kLanes) {
    for (int c = 0; c < kChains; ++c) {
      const Lanes some = Lanes::load(weights + k + c * kLanes);
      for (int i = 0; i < kCount; ++i)
        sums[i][c] = Lanes::fused(some, Lanes::load(x.data + i * x.stride + k + c * kLanes), sums[i][c]);
    }
  }
  for (; k + kLanes <= length; k += kLanes)
    for (int i = 0; i < kCount; ++i)
      sums[i][0] = Lanes::fused(Lanes::load(weights + k), Lanes::load(x.data + i * x.stride + k), sums[i][0]);
  for (int i = 0; i < kCount; ++i) {
    for (int c = 1; c < kChains; ++c) sums[i][0] = Lanes::add(sums[i][0], sums[i][c]);
    float sum = sums[i][0].sum();
    for (int64_t rest = k; rest < length; ++rest) sum += widen(weights[rest]) * x.data[i * x.stride + rest];
    out.data[i * out.stride] = sum;
  }
}

/// The sums of an input are parted alike, however many inputs there are: the same result, whoever else is multiplied.
constexpr int kChains = Lanes::kChains;

/// Rows that stay in the first cache, a few inputs beside them, while they are multiplied with all inputs.
constexpr int64_t kCachedRows = 4;

template <typename T, int kCount>
void rows_of_products(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t length, Rows<float> out) {
  for (int64_t row = 0; row < rows; ++row)
    row_of_products<T, kCount, kChains>(weights.data + row * weights.stride, x, length, {out.data + row, out.stride});
}

template <typename T>
void products(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, int64_t length,
              Rows<float> out) {
  for (int64_t row = 0; row < rows; row += kCachedRows) {
    const int64_t some = rows - row < kCachedRows ? rows - row : kCachedRows;
    const Rows<const T> part{weights.data + row * weights.stride, weights.stride};
    int64_t i = 0;
    for (; i + Lanes::kInputs <= count; i += Lanes::kInputs)
      rows_of_products<T, Lanes::kInputs>(part, some, {x.data + i * x.stride, x.stride}, length,
                                          {out.data + i * out.stride + row, out.stride});
    for (; i < count; ++i)
      rows_of_products<T, 1>(part, some, {x.data + i * x.stride, x.stride}, length,
                             {out.data + i * out.stride + row, out.stride});
  }
}

/// Several rows of weights times several inputs: each load serves a row or a column of sums that stay in registers.
template <typename T, int kRows, int kCount>
void tile_of_products(Rows<const T> weights, Rows<const float> x, int64_t length, Rows<float> out) {
  Lanes sums[kRows][kCount];
  for (auto& row : sums)
    for (Lanes& sum : row) sum = Lanes::all(0);
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes) {
    Lanes inputs[kCount];
    for (int i = 0; i < kCount; ++i) inputs[i] = Lanes::load(x.data + i * x.stride + k);
    for (int r = 0; r < kRows; ++r) {
      const Lanes some = Lanes::load(weights.data + r * weights.stride + k);
      for (int i = 0; i < kCount; ++i) sums[r][i] = Lanes::fused(some, inputs[i], sums[r][i]);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int i = 0; i < kCount; ++i) {
      float sum = sums[r][i].sum();
      for (int64_t rest = k; rest < length; ++rest)
        sum += widen(weights.data[r * weights.stride + rest]) * x.data[i * x.stride + rest];
      out.data[i * out.stride + r] = sum;
    }
  }
}

template <typename T, int kRows>
void row_of_tiles(Rows<const T> weights, Rows<const float> x, int64_t count, int64_t length, Rows<float> out) {
  constexpr int kTile = 3;  // of four rows and three inputs, the sums and what is multiplied fill sixteen registers
  int64_t i = 0;
  for (; i + kTile <= count; i += kTile)
    tile_of_products<T, kRows, kTile>(weights, {x.data + i * x.stride, x.stride}, length,
                                      {out.data + i * out.stride, out.stride});
  for (; i < count; ++i)
    tile_of_products<T, kRows, 1>(weights, {x.data + i * x.stride, x.stride}, length,
                                  {out.data + i * out.stride, out.stride});
}

template <typename T>
void many_products(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, int64_t length,
                   Rows<float> out) {
  int64_t row = 0;
  for (; row + kCachedRows <= rows; row += kCachedRows)
    row_of_tiles<T, kCachedRows>({weights.data + row * weights.stride, weights.stride}, x, count, length,
                                 {out.data + row, out.stride});
  for (; row < rows; ++row)
    row_of_tiles<T, 1>({weights.data + row * weights.stride, weights.stride}, x, count, length,
                       {out.data + row, out.stride});
}

// ------------------------------------------------------------------------------------------------- sums

/// kBlocks registers of the result at a time; all rows are added before they are stored.
template <typename T, int kBlocks>
void columns_of_sum(Rows<const T> values, const float* factors, int64_t rows, float* out) {
  Lanes sums[kBlocks];
  for (Lanes& sum : sums) sum = Lanes::all(0);
  for (int64_t r = 0; r < rows; ++r) {
    const Lanes factor = Lanes::all(factors[r]);
    for (int b = 0; b < kBlocks; ++b)
      sums[b] = Lanes::fused(factor, Lanes::load(values.data + r * values.stride + b * kLanes), sums[b]);
  }
  for (int b = 0; b < kBlocks; ++b) sums[b].store(out + b * kLanes);
}

template <typename T>
void weighted_sum(Rows<const T> values, const float* factors, int64_t rows, int64_t length, float* out) {
  constexpr int kBlocks = 8;
  int64_t k = 0;
  for (; k + kBlocks * kLanes <= length; k += kBlocks * kLanes)
    columns_of_sum<T, kBlocks>({values.data + k, values.stride}, factors, rows, out + k);
  for (; k + kLanes <= length; k += kLanes)
    columns_of_sum<T, 1>({values.data + k, values.stride}, factors, rows, out + k);
  for (; k < length; ++k) {
    float sum = 0;
    for (int64_t r = 0; r < rows; ++r) sum += factors[r] * widen(values.data[r * values.stride + k]);
    out[k] = sum;
  }
}

inline void round(const float* x, int64_t length, float* out) {
  __builtin_memcpy(out, x, static_cast<size_t>(length) * sizeof *x);
}

inline void round(const float* x, int64_t length, Bf16* out) {
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes) Lanes::load(x + k).store(out + k);
  for (; k < length; ++k) {
    uint32_t bits;
    __builtin_memcpy(&bits, x + k, sizeof bits);
    out[k] = static_cast<Bf16>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
  }
}

// ------------------------------------------------------------------------------------------------- functions

/// e^x to one part in ten million: 2^n · e^r with |r| ≤ ln 2 / 2, the latter by its Taylor polynomial.
inline Lanes exponential(Lanes x) {
  constexpr float kLog2E = 1.44269504F, kLn2High = 0.693359375F, kLn2Low = -2.12194440e-4F;
  // Below, the result is under 2^-126; above, it is over 2^127.  What is not a number stays so: of two operands these
  // instructions give the second if they cannot tell.
  x = Lanes::largest(Lanes::all(-87.0F), Lanes::smallest(Lanes::all(88.0F), x));
  const Lanes n = Lanes::nearest(Lanes::multiply(x, Lanes::all(kLog2E)));
  const Lanes r = Lanes::fused(n, Lanes::all(-kLn2Low), Lanes::fused(n, Lanes::all(-kLn2High), x));
  Lanes sum = Lanes::all(1.0F / 5040);
  for (const float factor : {1.0F / 720, 1.0F / 120, 1.0F / 24, 1.0F / 6, 0.5F, 1.0F, 1.0F})
    sum = Lanes::fused(sum, r, Lanes::all(factor));
  return Lanes::multiply(sum, Lanes::power_of_two(n));
}

/// Calls work(lanes of x from k on, how many of them count) over the whole length; lanes beyond repeat `filler`.
template <typename Work>
void for_lanes(const float* x, int64_t length, float filler, Work work) {
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes) work(Lanes::load(x + k), k, kLanes);
  if (k == length) return;
  float rest[kLanes];
  for (int64_t i = 0; i < kLanes; ++i) rest[i] = k + i < length ? x[k + i] : filler;
  work(Lanes::load(rest), k, length - k);
}

inline void store_some(Lanes value, float* out, int64_t count) {
  if (count == kLanes) {
    value.store(out);
    return;
  }
  float parts[kLanes];
  value.store(parts);
  for (int64_t i = 0; i < count; ++i) out[i] = parts[i];
}

inline float softmax_terms(float* x, int64_t length, float scale) {
  Lanes largest = Lanes::all(x[0]);
  for_lanes(x, length, x[0], [&](Lanes value, int64_t, int64_t) { largest = Lanes::largest(largest, value); });
  const Lanes offset = Lanes::all(-largest_of(largest)), factor = Lanes::all(scale);
  float sum = 0;
  Lanes sums = Lanes::all(0);
  for_lanes(x, length, 0, [&](Lanes value, int64_t k, int64_t count) {
    const Lanes term = exponential(Lanes::multiply(factor, Lanes::add(value, offset)));
    store_some(term, x + k, count);
    if (count == kLanes) {
      sums = Lanes::add(sums, term);
    } else {
      for (int64_t i = 0; i < count; ++i) sum += x[k + i];
    }
  });
  return sum + sums.sum();
}

inline float largest_sum(const float* x, const float* y, float factor, int64_t length) {
  const Lanes factors = Lanes::all(factor);
  float largest = x[0] + factor * y[0];
  Lanes most = Lanes::all(largest);
  int64_t k = 0;
  for (; k + kLanes <= length; k += kLanes)
    most = Lanes::largest(most, Lanes::fused(factors, Lanes::load(y + k), Lanes::load(x + k)));
  for (; k < length; ++k) largest = largest > x[k] + factor * y[k] ? largest : x[k] + factor * y[k];
  const float other = largest_of(most);
  return largest > other ? largest : other;
}

inline void shifted_sums(const float* x, int64_t length, float offset, float* sums) {
  const Lanes shift = Lanes::all(offset);
  Lanes exponentials = Lanes::all(0), values = Lanes::all(0), squares = Lanes::all(0);
  // What fills the last lanes adds nothing: e to the lowest power is no more than 2^-125.
  for_lanes(x, length, -1e30F, [&](Lanes value, int64_t k, int64_t count) {
    const Lanes shifted = Lanes::add(value, shift);
    exponentials = Lanes::add(exponentials, exponential(shifted));
    if (count == kLanes) {
      values = Lanes::add(values, shifted);
      squares = Lanes::fused(shifted, shifted, squares);
    } else {
      float rest[kLanes] = {};
      for (int64_t i = 0; i < count; ++i) rest[i] = x[k + i] + offset;
      values = Lanes::add(values, Lanes::load(rest));
      squares = Lanes::fused(Lanes::load(rest), Lanes::load(rest), squares);
    }
  });
  sums[0] = exponentials.sum();
  sums[1] = values.sum();
  sums[2] = squares.sum();
}

inline void silu_times(const float* gate, const float* up, int64_t length, float* out) {
  for_lanes(gate, length, 0, [&](Lanes value, int64_t k, int64_t count) {
    const Lanes one = Lanes::all(1), minus = Lanes::multiply(value, Lanes::all(-1));
    const Lanes silu = Lanes::divide(value, Lanes::add(one, exponential(minus)));
    store_some(silu, out + k, count);
  });
  for (int64_t k = 0; k < length; ++k) out[k] *= up[k];
}

inline void rms_norm(const float* x, const float* weight, int64_t length, float epsilon, float* out) {
  Lanes squares = Lanes::all(0);
  for_lanes(x, length, 0, [&](Lanes value, int64_t, int64_t) { squares = Lanes::fused(value, value, squares); });
  const float scale = 1 / __builtin_sqrtf(squares.sum() / static_cast<float>(length) + epsilon);
  for (int64_t k = 0; k < length; ++k) out[k] = x[k] * scale * weight[k];
}

}  // namespace deepseekocr::kernels::KERNEL_VARIANT

// These define kernels over what is above, so they come after.
#include "kernels/panels_variant.h"
#include "kernels/vectors_variant.h"
#include "kernels/vision_variant.h"

namespace deepseekocr::kernels::KERNEL_VARIANT {

extern const Kernels kKernels;
const Kernels kKernels = {
    {products<float>, many_products<float>, weighted_sum<float>, round},
    {products<Bf16>, many_products<Bf16>, weighted_sum<Bf16>, round},
    {panel_products<Int8>, round_inputs<Int8>},
    {panel_products<Int8x8>, round_inputs<Int8x8>},
    {panel_products<Int4>, round_inputs<Int4>},
    {round_bytes, round_words, byte_products, weighted_byte_sum},
    softmax_terms,
    largest_sum,
    shifted_sums,
    silu_times,
    gelu,
    quick_gelu,
    weighted_sums,
    add_grid,
    rms_norm,
};

}  // namespace deepseekocr::kernels::KERNEL_VARIANT
