// SPDX-License-Identifier: MIT
// Reference implementation: norms, feed-forward networks, router and experts of the decoder.

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/topk.h>

#include <algorithm>

#include "operations/aten/reference.h"

namespace deepseekocr::operations::aten {

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  const at::Tensor single = x.to(at::kFloat);
  const at::Tensor scale = at::rsqrt(single.square().mean({-1}, /*keepdim=*/true).add_(epsilon));
  return (single * scale).mul_(weight);
}

at::Tensor project(const at::Tensor& x, const at::Tensor& weight) {
  return at::linear(x.to(weight.scalar_type()), weight);
}

at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down) {
  const at::Tensor both = project(x, gate_up);
  const int64_t width = down.size(1);
  at::Tensor hidden = at::silu(both.narrow(-1, 0, width));
  hidden.mul_(both.narrow(-1, width, width));
  return at::linear(hidden, down);
}

Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale) {
  const at::Tensor probabilities = at::softmax(at::linear(x.to(at::kFloat), gate), -1);
  auto [weights, experts] = at::topk(probabilities, k, -1, /*largest=*/true, /*sorted=*/true);
  if (normalise && k > 1) {
    weights = weights / weights.sum({-1}, /*keepdim=*/true).add_(1e-20);
  } else {
    weights = weights * scale;
  }
  return {experts, weights};
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down) {
  const int64_t rows = x.size(0), k = routing.experts.size(1);
  // Visits (row, rank) pairs by expert, so that an expert's weights are read once for all of its rows.
  const auto [sorted, order] = at::sort(routing.experts.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  const at::Tensor counts = at::bincount(sorted, {}, gate_up.size(0)).cpu();
  const at::Tensor inputs = x.to(gate_up.scalar_type()).index_select(0, order.floor_divide(k));
  at::Tensor outputs = at::empty({rows * k, x.size(1)}, inputs.options());
  int64_t first = 0;
  for (int64_t expert = 0; expert < gate_up.size(0); ++expert) {
    const int64_t count = counts.data_ptr<int64_t>()[expert];
    if (count == 0) continue;
    outputs.index_copy_(0, order.narrow(0, first, count),
                        swiglu(inputs.narrow(0, first, count), gate_up[expert], down[expert]));
    first += count;
  }
  const at::Tensor weighted = outputs.reshape({rows, k, x.size(1)}).to(at::kFloat) * routing.weights.unsqueeze(-1);
  return weighted.sum({1});
}

at::Tensor logits(const at::Tensor& x, const at::Tensor& weight) {
  return project(x, weight).to(at::kCPU, at::kFloat).contiguous();
}

}  // namespace deepseekocr::operations::aten
