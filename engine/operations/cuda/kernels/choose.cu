// SPDX-License-Identifier: MIT
// The choice of the next id: parts of a row's logits, then the parts together.
#include "operations/cuda/kernels/common.cuh"
#include "operations/cuda/kernels/launches.h"

namespace deepseekocr::cuda {
namespace {

constexpr int kThreads = 128;

/// The threads' parts joined into parts[0].
__device__ void join_all(ChoicePart* parts) {
  __syncthreads();
  for (int count = blockDim.x / 2; count > 0; count /= 2) {
    if (static_cast<int>(threadIdx.x) < count)
      parts[threadIdx.x] = join(parts[threadIdx.x], parts[threadIdx.x + count]);
    __syncthreads();
  }
}

__global__ void __launch_bounds__(kThreads) part_kernel(const ChooseArguments a) {
  __shared__ ChoicePart parts[kThreads];
  wait_for_previous();
  const int row = blockIdx.y;
  const Range range = part_of(a.vocabulary, kChoiceParts, blockIdx.x);
  const float* logits = a.logits + static_cast<int64_t>(row) * a.vocabulary;
  ChoicePart own;
  for (int id = range.begin + threadIdx.x; id < range.end; id += kThreads) {
    bool banned = false;
    for (int i = a.banned_first[row]; i < a.banned_first[row + 1]; ++i) banned |= a.banned[i] == id;
    add_logit(own, logits[id], id, banned);
  }
  parts[threadIdx.x] = own;
  join_all(parts);
  if (threadIdx.x == 0) a.parts[row * kChoiceParts + blockIdx.x] = parts[0];
}

__global__ void __launch_bounds__(kChoiceParts) choose_kernel(const ChooseArguments a) {
  __shared__ ChoicePart parts[kChoiceParts];
  wait_for_previous();
  const int row = blockIdx.x;
  parts[threadIdx.x] = a.parts[row * kChoiceParts + threadIdx.x];
  join_all(parts);
  if (threadIdx.x == 0) a.choices[row] = choice_of(parts[0], a.vocabulary);
}

}  // namespace

const char* launch_choose(const ChooseArguments& arguments, const Queue& queue) {
  const char* failure = launch(queue, part_kernel, dim3(kChoiceParts, arguments.rows), kThreads, arguments);
  return failure != nullptr ? failure : launch(queue, choose_kernel, arguments.rows, kChoiceParts, arguments);
}

}  // namespace deepseekocr::cuda
