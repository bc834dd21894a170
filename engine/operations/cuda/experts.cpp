// SPDX-License-Identifier: MIT
// Experts of many rows on CUDA: LibTorch's grouped product.
#include <ATen/TensorOperators.h>
#include <ATen/ops/_grouped_mm.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sort.h>

#include "operations/cuda/operations.h"
#include "operations/cuda/support.h"

namespace deepseekocr::operations::cuda {
namespace {

/// Compute capability of a device, asked for once; an engine thread uses one device.
int major_version(at::Device device) {
  thread_local at::Device asked(at::kCPU);
  thread_local int major = 0;
  if (asked != device) {
    major = deepseekocr::cuda::device_properties(device.index()).major;
    asked = device;
  }
  return major;
}

}  // namespace

bool takes_experts(const at::Tensor& x, const at::Tensor& gate_up) {
  if (!gate_up.is_cuda() || gate_up.scalar_type() != at::kBFloat16 || x.size(0) == 0) return false;
  // Strides of the operands are multiples of 16 bytes.
  if (gate_up.size(2) % 8 != 0 || gate_up.size(1) % 16 != 0) return false;
  const int major = major_version(gate_up.device());
  return major == 9 || major == 10;
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down) {
  const int64_t rows = x.size(0), k = routing.experts.size(1), experts = gate_up.size(0), width = down.size(2);
  const auto [sorted, order] = at::sort(routing.experts.flatten(), /*stable=*/true, /*dim=*/0, /*descending=*/false);
  // Where each expert's rows end: how many pairs go to it or to one before it.
  const at::Tensor numbers = at::arange(experts, sorted.options());
  const at::Tensor ends = sorted.unsqueeze(0).le(numbers.unsqueeze(1)).sum({1}, /*keepdim=*/false, at::kInt);
  const at::Tensor inputs = x.to(gate_up.scalar_type()).index_select(0, order.floor_divide(k));
  const at::Tensor both = at::_grouped_mm(inputs, gate_up.transpose(1, 2), ends);
  at::Tensor hidden = at::silu(both.narrow(1, 0, width));
  hidden.mul_(both.narrow(1, width, width));
  at::Tensor outputs = at::empty({rows * k, x.size(1)}, inputs.options());
  outputs.index_copy_(0, order, at::_grouped_mm(hidden, down.transpose(1, 2), ends));
  const at::Tensor weighted = outputs.reshape({rows, k, x.size(1)}).to(at::kFloat) * routing.weights.unsqueeze(-1);
  return weighted.sum({1});
}

}  // namespace deepseekocr::operations::cuda
