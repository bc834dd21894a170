// SPDX-License-Identifier: MIT
// Decoding on a CPU: products of few rows, which read every weight once and are as fast as memory gives them; and what
// lies between them, whose cost is not the arithmetic but the number of steps.  Prompts too, where LibTorch is slow at
// the products of a dtype.  Documented in operations.h.
//
// Weights are contiguous, float32 or bfloat16.  What they are multiplied with stays float32, and so do sums; results
// are rounded only where operations.h gives them the model's dtype.
#pragma once

#include "operations/operations.h"

namespace deepseekocr::operations::cpu {

/// Up to as many rows these are faster than LibTorch's products, which want many.
constexpr int64_t kFewRows = 16;

/// Whether LibTorch multiplies this dtype slowly here: bfloat16 without AVX-512, at a tenth of float32's rate or less.
bool is_slow(at::ScalarType type);

/// Whether all products of a network of this dtype, of few rows or many, are done here.
bool computes_all(at::ScalarType type);

/// Whether there are kernels of this dtype on this processor.
bool has_kernels(at::ScalarType type);

/// Whether rows of `x` (…, inputs) can be multiplied with `weight` here: few, or where LibTorch is slow at many; in a
/// processor's memory, of a dtype that has kernels on this processor.
bool takes(const at::Tensor& x, const at::Tensor& weight);
/// The same of any number of rows: for a router, whose products are few.
bool takes_any_rows(const at::Tensor& x, const at::Tensor& weight);
/// Whether this is a decode step that can be done here: one new position for each of few sequences.
bool takes(const at::Tensor& qkv, std::span<const CacheSlice> slices);

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);
at::Tensor project(const at::Tensor& x, const at::Tensor& weight);
at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down);
Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale);
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down);
/// In float32 throughout: not rounded to the model's dtype.
at::Tensor logits(const at::Tensor& x, const at::Tensor& weight);
at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices);

/// Whether these are prompts of sequences that begin, of a network whose products are all done here.
bool takes_prompts(const at::Tensor& qkv, std::span<const CacheSlice> slices);
/// cached_attention() of prompts, in float32 but for the caches and the result.
at::Tensor prompt_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices);

/// As operations/threads.h says: the team's members from here on, on the calling thread; 0: at::get_num_threads().
void set_team_size(int size);

}  // namespace deepseekocr::operations::cpu
