// SPDX-License-Identifier: MIT
// Operations on CUDA that replace those of aten/.  Documented in operations.h.
#pragma once

#include <memory>

#include "operations/cuda/library.h"
#include "operations/decode_step.h"
#include "operations/operations.h"

namespace deepseekocr::operations::cuda {

/// Into how many slices a network that takes every row is cut, so that its down product is as deep as an expert's.
int slices_of(int width);

/// The stream that LibTorch works on now, on the calling thread.
deepseekocr::cuda::Stream current_stream(at::Device device);

/// Device memory as a float32 tensor, which does not own it.
at::Tensor view_floats(const float* data, at::IntArrayRef shape, at::Device device);

/// As that of decode_step.h: for bfloat16 matrices on CUDA.
std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights);

/// Whether the experts' products can be one grouped product: bfloat16, on an architecture that has such.
bool takes_experts(const at::Tensor& x, const at::Tensor& gate_up);
/// All experts' rows in two grouped products; the host waits for nothing.
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down);

/// Whether both relative tables fit beside a query: the width of what is attended with is limited.
bool takes_grid(const at::Tensor& qkv, int heads);
/// The relative positions as further elements of queries and keys instead of a bias, so nothing of positions² exists:
/// a query has its products with both tables, a key a one at its own row and column.
at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads);

}  // namespace deepseekocr::operations::cuda
