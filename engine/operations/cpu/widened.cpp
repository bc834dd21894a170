// SPDX-License-Identifier: MIT
#include "operations/cpu/widened.h"

#include <ATen/ops/from_blob.h>

#include <vector>

#include "operations/cpu/decoder.h"

namespace deepseekocr::operations::cpu {

at::Tensor widened(const at::Tensor& weight) {
  if (!weight.defined() || !weight.is_cpu() || !is_slow(weight.scalar_type())) return weight;
  // Kept: the system clears what it hands out, which takes as long as filling it.
  thread_local std::vector<float> memory;
  const auto size = static_cast<size_t>(weight.numel());
  if (memory.size() < size) memory.resize(size);
  at::Tensor wide = at::from_blob(memory.data(), weight.sizes(), at::TensorOptions().dtype(at::kFloat));
  return wide.copy_(weight);
}

}  // namespace deepseekocr::operations::cpu
