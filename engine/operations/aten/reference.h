// SPDX-License-Identifier: MIT
// The reference of those operations that have another implementation.  Documented in operations.h.
#pragma once

#include "operations/operations.h"

namespace deepseekocr::operations::aten {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);
/// Pixels (views, 3, rows·p, columns·p) → (views, rows, columns, 3·p·p), each patch in the order of the weights.
at::Tensor patches(const at::Tensor& pixels, int64_t p);
at::Tensor convolution3x3(const at::Tensor& x, const at::Tensor& weight, int stride);
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);
at::Tensor project(const at::Tensor& x, const at::Tensor& weight);
at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down);
Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale);
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down);
at::Tensor logits(const at::Tensor& x, const at::Tensor& weight);
at::Tensor attention(const at::Tensor& qkv, int heads);
at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads);

/// Vectors in CacheFormat::int8.
struct RoundedVectors {
  at::Tensor numbers;  ///< as x, int8
  at::Tensor scales;   ///< without the last axis, float32
};
/// Of x (…, dim): each vector rounded to its largest magnitude / 127, ties to even.  Zeros below 1e-30; where something
/// is not finite the scale is not a number.
RoundedVectors round_vectors(const at::Tensor& x);
at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices);

}  // namespace deepseekocr::operations::aten
