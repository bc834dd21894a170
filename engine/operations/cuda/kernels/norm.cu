// SPDX-License-Identifier: MIT
// What lies between two products: the sum over experts, the residual stream and its norm.  One block for each row.
#include "operations/cuda/kernels/common.cuh"
#include "operations/cuda/kernels/launches.h"

namespace deepseekocr::cuda {
namespace {

constexpr int kThreads = 256;

/// What the feed-forward network left for one element of a row, in the order of the reference: routed experts by
/// falling weight, then the network that takes every row.
__device__ float left_behind(const NormArguments& a, int row, int column) {
  float sum = 0;
  if (a.routed != nullptr) {
    for (int rank = 0; rank < a.top; ++rank) {
      const int64_t pair = static_cast<int64_t>(row) * a.top + rank;
      sum += a.routed_weights[pair] * a.routed[pair * a.hidden + column];
    }
  }
  if (a.own != nullptr) {
    for (int slice = 0; slice < a.slices; ++slice)
      sum += a.own[(static_cast<int64_t>(slice) * a.rows + row) * a.hidden + column];
  }
  return sum;
}

__global__ void __launch_bounds__(kThreads) norm_kernel(const NormArguments a) {
  __shared__ float shared[kThreads / kWarp];
  wait_for_previous();
  const int row = blockIdx.x;
  float* x = a.x + static_cast<int64_t>(row) * a.hidden;
  float squares = 0;
  for (int i = threadIdx.x; i < a.hidden; i += kThreads) {
    const float value = x[i] + left_behind(a, row, i);
    x[i] = value;
    squares += value * value;
  }
  const float scale = rsqrtf(block_sum(squares, shared) / a.hidden + a.epsilon);
  Bits* out = a.out + static_cast<int64_t>(row) * a.hidden;
  // Each thread reads what it wrote itself.
  for (int i = threadIdx.x; i < a.hidden; i += kThreads) out[i] = bits_of(x[i] * scale * a.weight[i]);
}

__global__ void embed_kernel(const EmbedArguments a) {
  wait_for_previous();
  const Bits* from = a.embedding + static_cast<int64_t>(a.ids[blockIdx.x]) * a.hidden;
  float* to = a.x + static_cast<int64_t>(blockIdx.x) * a.hidden;
  for (int i = threadIdx.x; i < a.hidden; i += kThreads) to[i] = float_of(from[i]);
}

}  // namespace

const char* launch_norm(const NormArguments& arguments, const Queue& queue) {
  return launch(queue, norm_kernel, arguments.rows, kThreads, arguments);
}

const char* launch_embed(const EmbedArguments& arguments, const Queue& queue) {
  return launch(queue, embed_kernel, arguments.rows, kThreads, arguments);
}

}  // namespace deepseekocr::cuda
