// SPDX-License-Identifier: MIT
// Chooses the implementation of each operation that has several.
#include <utility>

#include "operations/aten/reference.h"
#include "operations/cpu/decode_step.h"
#include "operations/cpu/decoder.h"
#include "operations/cpu/vision_attention.h"
#include "operations/cpu/widened.h"
#include "operations/cuda/operations.h"
#include "operations/operations.h"

namespace deepseekocr::operations {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return aten::linear(x, cpu::widened(weight), bias);
}

at::Tensor convolution3x3(const at::Tensor& x, const at::Tensor& weight, int stride) {
  return aten::convolution3x3(x, cpu::widened(weight), stride);
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  return cpu::takes(x, weight) ? cpu::rms_norm(x, weight, epsilon) : aten::rms_norm(x, weight, epsilon);
}

at::Tensor project(const at::Tensor& x, const at::Tensor& weight) {
  return cpu::takes(x, weight) ? cpu::project(x, weight) : aten::project(x, weight);
}

at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down) {
  return cpu::takes(x, gate_up) ? cpu::swiglu(x, gate_up, down) : aten::swiglu(x, gate_up, down);
}

Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale) {
  return cpu::takes_any_rows(x, gate) ? cpu::route(x, gate, k, normalise, scale)
                                      : aten::route(x, gate, k, normalise, scale);
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down) {
  if (cpu::takes(x, gate_up)) return cpu::routed_experts(x, routing, gate_up, down);
  return cuda::takes_experts(x, gate_up) ? cuda::routed_experts(x, routing, gate_up, down)
                                         : aten::routed_experts(x, routing, gate_up, down);
}

at::Tensor logits(const at::Tensor& x, const at::Tensor& weight) {
  return cpu::takes(x, weight) ? cpu::logits(x, weight) : aten::logits(x, weight);
}

at::Tensor attention(const at::Tensor& qkv, int heads) {
  return cpu::takes_vision(qkv) ? cpu::attention(qkv, heads) : aten::attention(qkv, heads);
}

at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads) {
  if (cpu::takes_vision(qkv)) return cpu::relative_position_attention(qkv, row_table, column_table, heads);
  return cuda::takes_grid(qkv, heads) ? cuda::relative_position_attention(qkv, row_table, column_table, heads)
                                      : aten::relative_position_attention(qkv, row_table, column_table, heads);
}

at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  if (cpu::takes(qkv, slices)) return cpu::cached_attention(qkv, rope, heads, slices);
  return cpu::takes_prompts(qkv, slices) ? cpu::prompt_attention(qkv, rope, heads, slices)
                                         : aten::cached_attention(qkv, rope, heads, slices);
}

std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights) {
  auto step = cuda::make_decode_step(weights);
  return step != nullptr ? std::move(step) : cpu::make_decode_step(weights);
}

}  // namespace deepseekocr::operations
