// SPDX-License-Identifier: MIT
// The product that all matrices of a decode step share: 16 rows of weights, read once, with up to 8 · Tiles rows of
// activations, on tensor cores with float32 sums.
//
// A block's warps deal the columns out among them, kTileColumns at a time.  Which column of a load is which column of a
// product does not matter as long as weights and activations agree: each lane loads 8 neighbours (16 bytes) of two rows
// of weights and of one row of activations, which are the operands of two products.
#pragma once

#include "operations/cuda/kernels/common.cuh"

namespace deepseekocr::cuda {

constexpr int kTileWarps = 8;
constexpr int kTileThreads = kTileWarps * kWarp;
/// For __launch_bounds__: so that the compiler spends registers on loads that are on their way, instead of putting each
/// off until it is used.
constexpr int kTileBlocks = 2;

/// sums (16 × 8) += weights (16 × 16) · activations (8 × 16)ᵀ
__device__ inline void multiply(float (&sums)[4], unsigned w0, unsigned w1, unsigned w2, unsigned w3, unsigned x0,
                                unsigned x1) {
  asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
      "{%0, %1, %2, %3};"
      : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
      : "r"(w0), "r"(w1), "r"(w2), "r"(w3), "r"(x0), "r"(x1));
}

/// The two rows of weights that a lane loads from.
struct WeightRows {
  const Bits* upper;
  const Bits* lower;
};

/// Rows first … first + 15 of a matrix of `count` rows; beyond its end the last row again, whose products are dropped.
__device__ inline WeightRows weight_rows(const Bits* matrix, int64_t stride, int first, int count) {
  const int upper = min(first + lane_row(threadIdx.x % kWarp), count - 1);
  const int lower = min(first + lane_row(threadIdx.x % kWarp) + 8, count - 1);
  return {matrix + upper * stride, matrix + lower * stride};
}

/// A warp's columns are kTileColumns of every kTileStep.
constexpr int kTileStep = kTileWarps * kTileColumns;

/// Steps whose loads a warp has on their way at once: more for few rows, whose time is that of memory.
template <int Matrices, int Tiles>
constexpr int kLoads = Tiles == 1                    ? 5
                       : Tiles == 2 && Matrices == 1 ? 5
                                                     : 2;

/// `Steps` steps from column `first` on.  Every lane loads, so that nothing keeps the loads from being on their way
/// together: beyond the last column the last ones again, with activations of 0.
template <int Steps, int Matrices, int Tiles>
__device__ inline void add_steps(const WeightRows (&weights)[Matrices], const Bits* const (&rows)[Tiles], int first,
                                 int columns, float (&sums)[Matrices][Tiles][4]) {
  uint4 upper[Matrices][Steps], lower[Matrices][Steps];
#pragma unroll
  for (int i = 0; i < Steps; ++i) {
    const int column = min(first + i * kTileStep, columns - 8);
#pragma unroll
    for (int m = 0; m < Matrices; ++m) {
      upper[m][i] = load_once(weights[m].upper + column);
      lower[m][i] = load_once(weights[m].lower + column);
    }
  }
  wait_for_previous();
#pragma unroll
  for (int i = 0; i < Steps; ++i) {
    const int column = first + i * kTileStep;
    const unsigned keep = column < columns ? 0xffffffffU : 0U;
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile) {
      const uint4 x = load(rows[tile] + min(column, columns - 8));
#pragma unroll
      for (int m = 0; m < Matrices; ++m) {
        multiply(sums[m][tile], upper[m][i].x, lower[m][i].x, upper[m][i].y, lower[m][i].y, x.x & keep, x.y & keep);
        multiply(sums[m][tile], upper[m][i].z, lower[m][i].z, upper[m][i].w, lower[m][i].w, x.z & keep, x.w & keep);
      }
    }
  }
}

/// @param rows  of activations, one for each tile; those that are none may be any row, their products are dropped
/// @param sums  [matrix][tile][value], see product_feature() and product_row(): of this warp's columns only
template <int Matrices, int Tiles>
__device__ inline void tile_products(const WeightRows (&weights)[Matrices], const Bits* const (&rows)[Tiles],
                                     int columns, float (&sums)[Matrices][Tiles][4]) {
  constexpr int kAhead = kLoads<Matrices, Tiles>;
  const int own = threadIdx.x / kWarp * kTileColumns + lane_column(threadIdx.x % kWarp);
  int first = 0;
  for (; first + (kAhead - 1) * kTileStep < columns; first += kAhead * kTileStep)
    add_steps<kAhead>(weights, rows, first + own, columns, sums);
  const int left = ceil_divide(columns - first, kTileStep);
  if (kAhead > 2 && left > 2) {
    add_steps<4>(weights, rows, first + own, columns, sums);
  } else if (left > 0) {
    add_steps<2>(weights, rows, first + own, columns, sums);
  }
}

/// The warps' sums of one matrix, joined in the order of the warps.
template <int Tiles>
struct TileSums {
  static constexpr int kRows = Tiles * kTileRows;
  // One column more than rows: neighbours lie in different banks.
  float parts[kTileWarps][kTileFeatures][kRows + 1];

  __device__ void store(const float (&sums)[Tiles][4]) {
    const int warp = threadIdx.x / kWarp, lane = threadIdx.x % kWarp;
#pragma unroll
    for (int tile = 0; tile < Tiles; ++tile) {
#pragma unroll
      for (int value = 0; value < 4; ++value)
        parts[warp][product_feature(lane, value)][tile * kTileRows + product_row(lane, value)] = sums[tile][value];
    }
  }
  __device__ float sum(int feature, int row) const {
    float sum = 0;
#pragma unroll
    for (int warp = 0; warp < kTileWarps; ++warp) sum += parts[warp][feature][row];
    return sum;
  }
};

}  // namespace deepseekocr::cuda
