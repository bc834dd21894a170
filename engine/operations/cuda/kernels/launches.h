// SPDX-License-Identifier: MIT
// The launches behind the library's table; see library.h.
#pragma once

#include <cuda_runtime.h>

#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

/// Where launches go.
struct Queue {
  cudaStream_t stream;
  /// A kernel may start while the one before it, a kernel of this library, comes to its end: it loads its weights and
  /// waits for the other's results.  For compute capability 9.0 and later.
  bool overlap = false;
};

const char* launch_norm(const NormArguments& arguments, const Queue& queue);
const char* launch_linear(const LinearArguments& arguments, const Queue& queue);
const char* launch_attention(const AttentionArguments& arguments, const Queue& queue);
const char* launch_route(const RouterArguments& arguments, const Queue& queue);
const char* launch_experts(const ExpertsArguments& arguments, const Queue& queue);
const char* launch_choose(const ChooseArguments& arguments, const Queue& queue);

/// x (rows, hidden) = the rows of `embedding` that `ids` name, in float32.
struct EmbedArguments {
  const int32_t* ids;
  const Bits* embedding;
  float* x;
  int rows, hidden;
};
const char* launch_embed(const EmbedArguments& arguments, const Queue& queue);

}  // namespace deepseekocr::cuda
