// SPDX-License-Identifier: MIT
#include "operations/cpu/vision.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <vector>

#include "operations/cpu/matrix.h"
#include "operations/cpu/packed.h"
#include "operations/cpu/rounded_buffer.h"

namespace deepseekocr::operations::cpu {
namespace {

using kernels::kPanelRows;
using kernels::RoundedRows;

/// Rows that a member of the team takes at once: many enough that weights come from the second cache seldom, and few
/// enough that what lies between two products stays there.
constexpr int64_t kBlockRows = 32;

/// Calls work(first row, number of rows) for all of `rows`, by the whole team.
template <typename Work>
void for_blocks(int64_t rows, const Work& work) {
  team().run((rows + kBlockRows - 1) / kBlockRows, [&](int64_t block) {
    const int64_t first = block * kBlockRows;
    work(first, std::min(kBlockRows, rows - first));
  });
}

/// `count` rows, rounded for `weights` on the calling thread.
RoundedRows round(RoundedBuffer& buffer, const PackedMatrices& weights, Rows<const float> x, int64_t count) {
  const RoundedRows out = buffer.take(count, group_count(weights.format, weights.columns), group_bytes(weights.format));
  panel_kernels(weights.format).round_inputs(x, count, weights.columns, out);
  return out;
}

/// x · weightsᵀ on the calling thread.
void multiply_block(const PackedMatrices& weights, const RoundedRows& x, int64_t count, Rows<float> out) {
  const kernels::PanelKernels& kernel = panel_kernels(weights.format);
  const int64_t whole = weights.rows / kPanelRows, rest = weights.rows % kPanelRows;
  kernel.products(panels_from(weights, 0, 0), whole, x, count, out);
  if (rest == 0) return;
  std::array<float, kBlockRows * kPanelRows> sums;
  kernel.products(panels_from(weights, 0, whole * kPanelRows), 1, x, count, {sums.data(), kPanelRows});
  for (int64_t i = 0; i < count; ++i)
    std::copy_n(sums.data() + i * kPanelRows, rest, out.data + i * out.stride + whole * kPanelRows);
}

void add(const float* bias, int64_t length, float* x) {
  for (int64_t k = 0; k < length; ++k) x[k] += bias[k];
}

/// The numbers of a bias; NULL: none.
const float* bias_of(const at::Tensor& bias) {
  TORCH_CHECK(!bias.defined() || (bias.scalar_type() == at::kFloat && bias.is_contiguous()), "a bias is float32");
  return bias.defined() ? read_only<float>(bias) : nullptr;
}

at::Tensor empty_result(const at::Tensor& in, int64_t width) {
  std::vector<int64_t> shape = in.sizes().vec();
  shape.back() = width;
  return at::empty(shape, in.options());
}

}  // namespace

at::Tensor linear(const at::Tensor& x, const PackedMatrices& weight, const at::Tensor& bias) {
  const at::Tensor in = input_of(x);
  at::Tensor out = empty_result(in, weight.rows);
  const Rows<const float> from = rows_of<float>(in);
  const Rows<float> to{writable<float>(out), weight.rows};
  const float* const added = bias_of(bias);
  for_blocks(row_count(in), [&](int64_t first, int64_t some) {
    thread_local RoundedBuffer buffer;
    const Rows<float> own{to.data + first * to.stride, to.stride};
    multiply_block(weight, round(buffer, weight, {from.data + first * from.stride, from.stride}, some), some, own);
    if (added == nullptr) return;
    for (int64_t i = 0; i < some; ++i) add(added, weight.rows, own.data + i * own.stride);
  });
  return out;
}

at::Tensor mlp(const at::Tensor& x, const PackedMatrices& first_weight, const at::Tensor& first_bias,
               const PackedMatrices& second_weight, const at::Tensor& second_bias, Activation activation) {
  const at::Tensor in = input_of(x);
  at::Tensor out = empty_result(in, second_weight.rows);
  const Rows<const float> from = rows_of<float>(in);
  const Rows<float> to{writable<float>(out), second_weight.rows};
  const float *const before = bias_of(first_bias), *const after = bias_of(second_bias);
  const int64_t width = first_weight.rows;
  for_blocks(row_count(in), [&](int64_t first, int64_t some) {
    thread_local RoundedBuffer buffer;
    thread_local std::vector<float> memory;
    const Rows<float> hidden{grown(memory, kBlockRows * width), width};
    const Rows<float> own{to.data + first * to.stride, to.stride};
    multiply_block(first_weight, round(buffer, first_weight, {from.data + first * from.stride, from.stride}, some),
                   some, hidden);
    for (int64_t i = 0; i < some; ++i) activation(hidden.data + i * width, before, width);
    multiply_block(second_weight, round(buffer, second_weight, {hidden.data, width}, some), some, own);
    for (int64_t i = 0; i < some; ++i) add(after, second_weight.rows, own.data + i * own.stride);
  });
  return out;
}

}  // namespace deepseekocr::operations::cpu
