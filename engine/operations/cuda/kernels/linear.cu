// SPDX-License-Identifier: MIT
// Products of a matrix with all rows of a step.  One block for each 16 rows of the matrix.
#include "operations/cuda/kernels/launches.h"
#include "operations/cuda/kernels/tile.cuh"

namespace deepseekocr::cuda {
namespace {

template <int Tiles>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks) linear_kernel(const LinearArguments a) {
  __shared__ TileSums<Tiles> joined;
  const int first_feature = blockIdx.x * kTileFeatures, first_row = blockIdx.y * Tiles * kTileRows;
  const Bits* rows[Tiles];
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile) {
    const int row = min(first_row + tile * kTileRows + lane_row(threadIdx.x % kWarp), a.rows - 1);
    rows[tile] = a.x + static_cast<int64_t>(row) * a.inputs;
  }
  const WeightRows weights[1] = {weight_rows(a.weight, a.inputs, first_feature, a.outputs)};
  float sums[1][Tiles][4] = {};
  tile_products<1, Tiles>(weights, rows, a.inputs, sums);
  joined.store(sums[0]);
  __syncthreads();
  for (int i = threadIdx.x; i < kTileFeatures * Tiles * kTileRows; i += kTileThreads) {
    const int feature = i % kTileFeatures, row = i / kTileFeatures;
    if (first_feature + feature >= a.outputs || first_row + row >= a.rows) continue;
    float* out = a.out + static_cast<int64_t>(first_row + row) * a.outputs + first_feature + feature;
    *out = joined.sum(feature, row) + (a.add ? *out : 0.0F);
  }
}

template <int Tiles>
const char* launch_tiles(const LinearArguments& a, const Queue& queue) {
  const dim3 grid(ceil_divide(a.outputs, kTileFeatures), ceil_divide(a.rows, Tiles * kTileRows));
  return launch(queue, linear_kernel<Tiles>, grid, kTileThreads, a);
}

}  // namespace

const char* launch_linear(const LinearArguments& arguments, const Queue& queue) {
  if (arguments.rows <= kTileRows) return launch_tiles<1>(arguments, queue);
  if (arguments.rows <= 2 * kTileRows) return launch_tiles<2>(arguments, queue);
  if (arguments.rows <= 4 * kTileRows) return launch_tiles<4>(arguments, queue);
  return launch_tiles<8>(arguments, queue);
}

}  // namespace deepseekocr::cuda
