// SPDX-License-Identifier: MIT
// The arithmetic of the network, each operation named after what it computes.  model/ says in which order they come.
//
// aten/ is the reference: plain ATen, any dtype, any device, exact to the goldens.  Other implementations replace whole
// operations and are tested against it.  Matrices of weights are stored as (outputs, inputs).
//
// A model has one dtype, float32 or bfloat16: that of its matrices, of what goes into a matrix product or an attention
// and comes out of it, and of the caches unless they are in 8 bits.  Everything between is float32 in both: the
// residual streams (callers add products to them), norms and their weights, softmax, router, rotary tables and the sums
// over experts.  So a product casts its input to the dtype of its weights (that of few rows on a processor need not,
// and does not), and a norm gives float32.  This is closer to the float32 network than the official bfloat16 profiles
// (specification 1.6), which round the streams too, at no cost that can be measured.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

namespace deepseekocr::operations {

// ------------------------------------------------------------------------------------------------------- vision

/// x (…, inputs) · weightᵀ + bias (or none) → (…, outputs) in the weights' dtype, in float32 on a CPU slow at that.
at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias);

/// Over the last axis, with biased variance; float32 in and out, other dtypes are cast.
at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon);

/// Non-overlapping patches as one matrix product: pixels (views, 3, rows·p, columns·p), weight (width, 3, p, p), bias
/// (width) → (views, rows, columns, width).
at::Tensor patch_embedding(const at::Tensor& pixels, const at::Tensor& weight, const at::Tensor& bias);

/// 3×3 convolution with padding 1 and no bias on channels-last data: x (views, rows, columns, in), weight (out, in, 3,
/// 3) → (views, ⌈rows/stride⌉, ⌈columns/stride⌉, out).
at::Tensor convolution3x3(const at::Tensor& x, const at::Tensor& weight, int stride);

/// second · f(first · x + b₁) + b₂ with the exact (erf) GELU of SAM.
at::Tensor gelu_mlp(const at::Tensor& x, const at::Tensor& first, const at::Tensor& first_bias,
                    const at::Tensor& second, const at::Tensor& second_bias);

/// The same with CLIP's x · sigmoid(1.702 x).
at::Tensor quick_gelu_mlp(const at::Tensor& x, const at::Tensor& first, const at::Tensor& first_bias,
                          const at::Tensor& second, const at::Tensor& second_bias);

/// Every position attends to every other.  qkv (views, positions, 3·heads·dim) → (views, positions, heads·dim).
at::Tensor attention(const at::Tensor& qkv, int heads);

/// Attention over a grid with decomposed relative positions (1.1.6): qkv (views, rows, columns, 3·heads·dim),
/// `row_table` (rows, rows, dim) and `column_table` (columns, columns, dim) indexed [query, key] → (views, rows,
/// columns, heads·dim).  Memory beside the result does not grow with positions².
at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads);

/// Zero-pads (views, rows, columns, width) at the bottom and right to multiples of `window` and splits it, row-major:
/// → (views · windows, window, window, width).
at::Tensor split_windows(const at::Tensor& x, int window);

/// Undoes split_windows() and crops to (views, rows, columns, width).
at::Tensor merge_windows(const at::Tensor& windows, int views, int rows, int columns);

/// Bicubic with antialiasing in both directions, in float32 (1.1.2): table (rows, columns, width) → (new_rows,
/// new_columns, width), back in the table's dtype.
at::Tensor resize_bicubic(const at::Tensor& table, int new_rows, int new_columns);

/// Linear along the first axis, in float32 (1.1.6): table (length, width) → (new_length, width).
at::Tensor resize_linear(const at::Tensor& table, int new_length);

// ------------------------------------------------------------------------------------------------------ decoder

/// weight · x / √(mean(x²) + ε) over the last axis; float32 in and out.
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

/// x (…, inputs) · weightᵀ, no bias.
at::Tensor project(const at::Tensor& x, const at::Tensor& weight);

/// Cosines and sines of rotary positions: each (positions, dim), the two halves of a row equal.
struct RopeTable {
  at::Tensor cosines;
  at::Tensor sines;
};

/// Angle of position p and pair i: p · theta^(−2i/dim).  Float32.
RopeTable rope_table(int positions, int dim, double theta, at::Device device);

/// The keys and values of one sequence in one layer: each (heads, capacity, dim).  `length` positions are filled;
/// `count` new ones are to be written behind them.
struct CacheSlice {
  at::Tensor keys;
  at::Tensor values;
  int64_t length = 0;
  int64_t count = 0;
  /// Of CacheFormat::int8, whose keys and values are int8: each (heads, capacity), float32.  Undefined: plain ones.
  at::Tensor key_scales = {};
  at::Tensor value_scales = {};

  bool is_rounded() const { return key_scales.defined(); }
};

/// Rotates queries and keys, appends keys and values to the caches, and attends causally: each sequence to itself only.
/// Caches in 8 bits: what goes into the products is float32, and a prompt attends to its keys and values as they are
/// kept.  A vector in which something is not finite makes all that attends to it not a number.
/// @param qkv   (rows, 3·heads·dim); the rows of slices[0], then those of slices[1], …
/// @param slices  capacity ≥ length + count; of a sequence with length > 0, count is 1
/// @return (rows, heads·dim)
at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices);

/// SwiGLU: down · (silu(gate x) · (up x)) for x (rows, hidden), gate_up (2·width, hidden) = gate rows, then up rows,
/// and down (hidden, width).
at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down);

/// Which experts a row goes to, by falling weight.
struct Routing {
  at::Tensor experts;  ///< (rows, k) int64
  at::Tensor weights;  ///< (rows, k) float32
};

/// Softmax over all experts in float32, greedy top k (1.5).
/// @param gate  (experts, hidden), float32
/// @param normalise  divide the k weights by their sum; else multiply them by `scale`
Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale);

/// Σ over a row's experts of weight · SwiGLU, in the order of `routing`: x (rows, hidden), gate_up (experts, 2·width,
/// hidden), down (experts, hidden, width) → (rows, hidden), float32.
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down);

/// lm_head in the model's dtype, then float32 on the host: x (rows, hidden) → (rows, vocabulary), contiguous.
at::Tensor logits(const at::Tensor& x, const at::Tensor& weight);

/// The best id of one row of logits and how sure it is.
struct Choice {
  int32_t id = 0;
  float log_probability = 0;  ///< under the softmax of the raw logits
  float margin = 0;           ///< best minus second logit after bans, in standard deviations of the raw logits
};

/// Banned-aware arg max; the lowest id on a tie.  With fewer than two ids left the margin is 0.
/// @throws EngineError if a logit is not a number or infinite, or if every id is banned
Choice choose(std::span<const float> logits, std::span<const int32_t> banned);
/// The errors of choose(), for whoever chooses elsewhere.
[[noreturn]] void refuse_logits();
[[noreturn]] void refuse_bans(int64_t vocabulary);

}  // namespace deepseekocr::operations
