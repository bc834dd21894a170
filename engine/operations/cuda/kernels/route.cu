// SPDX-License-Identifier: MIT
// Norm and router of a layer.  The scores of all experts are spread over blocks; the block that ends last chooses for
// every row and groups the rows by expert.
#include "operations/cuda/kernels/common.cuh"
#include "operations/cuda/kernels/launches.h"

namespace deepseekocr::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kWarps = kThreads / kWarp;
constexpr int kLaneExperts = kMaxExperts / kWarp;  ///< experts that a lane looks after at most

/// The normalised row in shared memory, and rounded in a.normed by the first block of the row.
__device__ void normalise(const RouterArguments& a, int row, float* normed, float* shared) {
  const float* x = a.x + static_cast<int64_t>(row) * a.hidden;
  float squares = 0;
  for (int i = threadIdx.x; i < a.hidden; i += kThreads) squares += x[i] * x[i];
  const float scale = rsqrtf(block_sum(squares, shared) / a.hidden + a.epsilon);
  for (int i = threadIdx.x; i < a.hidden; i += kThreads) {
    normed[i] = x[i] * scale * a.norm_weight[i];
    if (blockIdx.x == 0) a.normed[static_cast<int64_t>(row) * a.hidden + i] = bits_of(normed[i]);
  }
  __syncthreads();
}

/// One warp: the score of one expert.
__device__ void score(const RouterArguments& a, int row, int expert, const float* normed) {
  const auto* gate = reinterpret_cast<const float4*>(a.gate + static_cast<int64_t>(expert) * a.hidden);
  const auto* x = reinterpret_cast<const float4*>(normed);
  float sum = 0;
  for (int i = threadIdx.x % kWarp; i < a.hidden / 4; i += kWarp) {
    const float4 w = gate[i], v = x[i];
    sum += w.x * v.x + w.y * v.y + w.z * v.z + w.w * v.w;
  }
  sum = warp_sum(sum);
  if (threadIdx.x % kWarp == 0) a.scores[static_cast<int64_t>(row) * a.experts + expert] = sum;
}

/// A value and whose it is; the larger value wins, then the lower index.
struct Candidate {
  float value;
  int index;
};

__device__ Candidate warp_best(Candidate own) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) {
    const Candidate other = {__shfl_xor_sync(kAllLanes, own.value, offset),
                             __shfl_xor_sync(kAllLanes, own.index, offset)};
    if (other.value > own.value || (other.value == own.value && other.index < own.index)) own = other;
  }
  return own;
}

/// One warp: softmax of a row's scores and its best `top` experts, by falling weight.
__device__ void choose_experts(const RouterArguments& a, int row) {
  const int lane = threadIdx.x % kWarp;
  const float* scores = a.scores + static_cast<int64_t>(row) * a.experts;
  float own[kLaneExperts], largest = -INFINITY, sum = 0;
  for (int i = 0; i < kLaneExperts; ++i) {
    const int expert = i * kWarp + lane;
    own[i] = expert < a.experts ? __ldcg(scores + expert) : -INFINITY;  // other blocks wrote them
    largest = fmaxf(largest, own[i]);
  }
  largest = warp_best({largest, lane}).value;
  for (float& value : own) {
    value = value == -INFINITY ? -1.0F : expf(value - largest);  // an expert that is none stays below all
    sum += value > 0 ? value : 0;
  }
  sum = warp_sum(sum);
  float chosen = 0;
  for (int rank = 0; rank < a.top; ++rank) {
    Candidate best = {-2.0F, kMaxExperts};
    for (int i = 0; i < kLaneExperts; ++i) {
      if (own[i] > best.value) best = {own[i], i * kWarp + lane};
    }
    best = warp_best(best);
    const int place = row * a.top + rank;
    if (lane == 0) {
      // With scores that are no numbers nothing wins; the choice of an id reports those.
      a.groups.experts[place] = best.index < a.experts ? best.index : rank;
      a.groups.weights[place] = best.value / sum;
    }
    chosen += best.value / sum;
#pragma unroll
    for (int i = 0; i < kLaneExperts; ++i) {
      if (best.index == i * kWarp + lane) own[i] = -1.5F;
    }
  }
  const float factor = a.normalise && a.top > 1 ? 1 / (chosen + 1e-20F) : a.scale;
  __syncwarp();
  for (int rank = lane; rank < a.top; rank += kWarp) a.groups.weights[row * a.top + rank] *= factor;
}

/// One block: sorts the pairs by expert.  A thread for each expert, so that the order is always the same.
__device__ void group_rows(const RouterArguments& a) {
  __shared__ int counts[kMaxExperts];
  __shared__ int16_t experts[kMaxRows * 16];
  const int pairs = a.rows * a.top, expert = threadIdx.x;
  for (int pair = threadIdx.x; pair < pairs; pair += kThreads)
    experts[pair] = static_cast<int16_t>(a.groups.experts[pair]);
  __syncthreads();
  int count = 0;
  for (int pair = 0; pair < pairs; ++pair) count += experts[pair] == expert ? 1 : 0;
  counts[expert] = expert < a.experts ? count : 0;
  __syncthreads();
  int first = 0, before = 0;
  for (int i = 0; i < expert; ++i) {
    first += counts[i];
    before += counts[i] > 0 ? 1 : 0;
  }
  if (expert < a.experts) {
    a.groups.first[expert] = first;
    if (count > 0) a.groups.touched[1 + before] = expert;
    if (expert == a.experts - 1) {
      a.groups.first[a.experts] = first + count;
      a.groups.touched[0] = before + (count > 0 ? 1 : 0);
    }
    for (int pair = 0, place = first; pair < pairs; ++pair) {
      if (experts[pair] == expert) a.groups.pairs[place++] = pair;
    }
  }
}

__global__ void __launch_bounds__(kThreads) route_kernel(const RouterArguments a) {
  extern __shared__ float4 dynamic[];
  __shared__ float shared[kWarps];
  __shared__ bool last;
  wait_for_previous();
  auto* normed = reinterpret_cast<float*>(dynamic);
  const int row = blockIdx.y, expert = blockIdx.x * kWarps + threadIdx.x / kWarp;
  normalise(a, row, normed, shared);
  if (expert < a.experts) score(a, row, expert, normed);
  __threadfence();  // the scores, before this block is counted
  __syncthreads();
  if (threadIdx.x == 0) last = atomicAdd(a.counter, 1) == static_cast<int>(gridDim.x * gridDim.y) - 1;
  __syncthreads();
  if (!last) return;
  __threadfence();
  for (int r = threadIdx.x / kWarp; r < a.rows; r += kWarps) choose_experts(a, r);
  __syncthreads();
  group_rows(a);
  if (threadIdx.x == 0) *a.counter = 0;
}

}  // namespace

const char* launch_route(const RouterArguments& arguments, const Queue& queue) {
  static_assert(kThreads == kMaxExperts, "group_rows has a thread for each expert");
  if (arguments.experts > kMaxExperts || arguments.top > 16 || arguments.rows > kMaxRows)
    return "too many experts or rows for the router";
  const dim3 grid(ceil_divide(arguments.experts, kWarps), arguments.rows);
  return launch(queue, route_kernel, grid, kThreads, arguments, arguments.hidden * sizeof(float));
}

}  // namespace deepseekocr::cuda
