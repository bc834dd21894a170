// SPDX-License-Identifier: MIT
// The feed-forward networks of a layer in two launches: gate and up of all that are needed, then down of the same.
//
// The blocks of a launch are (16 features) × (network) × (some rows).  Networks are the slices of the one that takes
// every row, then the experts that some row goes to, so an expert's weights are read once for all of its rows.
#include "operations/cuda/kernels/launches.h"
#include "operations/cuda/kernels/tile.cuh"

namespace deepseekocr::cuda {
namespace {

/// What a block works on.
struct Network {
  int expert;  ///< −1: a slice
  int slice;
  int width;         ///< of its inner layer
  int first, count;  ///< an expert's places in `pairs`; a slice's rows are 0 … count
};

__device__ Network network_of(const ExpertsArguments& a, int index) {
  if (index < a.slices) return {-1, index, a.own_width, 0, a.rows};
  wait_for_previous();  // for the groups
  const int place = index - a.slices;
  if (place >= a.groups.touched[0]) return {-1, 0, 0, 0, 0};
  const int expert = a.groups.touched[1 + place], first = a.groups.first[expert];
  return {expert, 0, a.width, first, a.groups.first[expert + 1] - first};
}

/// The pair behind an expert's n-th row.
__device__ int pair_of(const ExpertsArguments& a, const Network& network, int n) {
  return a.groups.pairs[network.first + n];
}

/// Row of `inner` or `routed` (experts), `own_inner` or `own` (slices), that belongs to the network's n-th row.
__device__ int64_t output_row(const ExpertsArguments& a, const Network& network, int n) {
  return network.expert < 0 ? static_cast<int64_t>(network.slice) * a.rows + n : pair_of(a, network, n);
}

template <int Tiles>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks) gate_up_kernel(const ExpertsArguments a) {
  __shared__ TileSums<Tiles> gates, ups;
  const Network network = network_of(a, blockIdx.y);
  const int first_feature = blockIdx.x * kTileFeatures, first_row = blockIdx.z * Tiles * kTileRows;
  if (first_feature >= network.width || first_row >= network.count) return;
  const Bits* rows[Tiles];
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile) {
    const int n = min(first_row + tile * kTileRows + lane_row(threadIdx.x % kWarp), network.count - 1);
    const int row = network.expert < 0 ? n : pair_of(a, network, n) / a.top;
    rows[tile] = a.x + static_cast<int64_t>(row) * a.hidden;
  }
  const bool routed = network.expert >= 0;
  const Bits* gate = routed ? a.gate_up + static_cast<int64_t>(network.expert) * 2 * a.width * a.hidden
                            : a.own_gate_up + static_cast<int64_t>(network.slice) * a.own_width * a.hidden;
  const Bits* up = gate + static_cast<int64_t>(routed ? a.width : a.slices * a.own_width) * a.hidden;
  const WeightRows weights[2] = {weight_rows(gate, a.hidden, first_feature, network.width),
                                 weight_rows(up, a.hidden, first_feature, network.width)};
  float sums[2][Tiles][4] = {};
  tile_products<2, Tiles>(weights, rows, a.hidden, sums);
  gates.store(sums[0]);
  ups.store(sums[1]);
  __syncthreads();
  for (int i = threadIdx.x; i < kTileFeatures * Tiles * kTileRows; i += kTileThreads) {
    const int feature = i % kTileFeatures, row = i / kTileFeatures;
    if (first_feature + feature >= network.width || first_row + row >= network.count) continue;
    const float g = gates.sum(feature, row), value = g / (1 + expf(-g)) * ups.sum(feature, row);
    Bits* inner = routed ? a.inner : a.own_inner;
    inner[output_row(a, network, first_row + row) * network.width + first_feature + feature] = bits_of(value);
  }
}

template <int Tiles>
__global__ void __launch_bounds__(kTileThreads, kTileBlocks) down_kernel(const ExpertsArguments a) {
  __shared__ TileSums<Tiles> joined;
  const Network network = network_of(a, blockIdx.y);
  const int first_feature = blockIdx.x * kTileFeatures, first_row = blockIdx.z * Tiles * kTileRows;
  if (first_row >= network.count) return;
  const bool routed = network.expert >= 0;
  const Bits* inner = routed ? a.inner : a.own_inner;
  const Bits* rows[Tiles];
#pragma unroll
  for (int tile = 0; tile < Tiles; ++tile) {
    const int n = min(first_row + tile * kTileRows + lane_row(threadIdx.x % kWarp), network.count - 1);
    rows[tile] = inner + output_row(a, network, n) * network.width;
  }
  const Bits* down = routed ? a.down + static_cast<int64_t>(network.expert) * a.hidden * a.width
                            : a.own_down + network.slice * a.own_width;
  const int stride = routed ? a.width : a.slices * a.own_width;
  const WeightRows weights[1] = {weight_rows(down, stride, first_feature, a.hidden)};
  float sums[1][Tiles][4] = {};
  tile_products<1, Tiles>(weights, rows, network.width, sums);
  joined.store(sums[0]);
  __syncthreads();
  float* out = routed ? a.routed : a.own;
  for (int i = threadIdx.x; i < kTileFeatures * Tiles * kTileRows; i += kTileThreads) {
    const int feature = i % kTileFeatures, row = i / kTileFeatures;
    if (first_feature + feature >= a.hidden || first_row + row >= network.count) continue;
    out[output_row(a, network, first_row + row) * a.hidden + first_feature + feature] = joined.sum(feature, row);
  }
}

template <int Tiles>
const char* launch_tiles(const ExpertsArguments& a, const Queue& queue) {
  const bool routed = a.gate_up != nullptr;
  // A row goes to different experts, so none has more rows than the step.
  const int networks = a.slices + (routed ? min(a.experts, a.rows * a.top) : 0);
  const int parts = ceil_divide(a.rows, Tiles * kTileRows), width = max(a.own_width, routed ? a.width : 0);
  const dim3 gate_up(ceil_divide(width, kTileFeatures), networks, parts);
  const dim3 down(ceil_divide(a.hidden, kTileFeatures), networks, parts);
  const char* failure = launch(queue, gate_up_kernel<Tiles>, gate_up, kTileThreads, a);
  return failure != nullptr ? failure : launch(queue, down_kernel<Tiles>, down, kTileThreads, a);
}

}  // namespace

const char* launch_experts(const ExpertsArguments& arguments, const Queue& queue) {
  if (arguments.rows <= kTileRows) return launch_tiles<1>(arguments, queue);
  if (arguments.rows <= 4 * kTileRows) return launch_tiles<2>(arguments, queue);
  return launch_tiles<4>(arguments, queue);
}

}  // namespace deepseekocr::cuda
