// SPDX-License-Identifier: MIT
// Plain statements of the formulas, in double and one element at a time, and tensors to try them on.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

namespace deepseekocr::test {

/// Values in [-1, 1) that depend on the shape and the seed only.
inline at::Tensor numbers(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor tensor = at::empty(shape, at::TensorOptions().dtype(at::kFloat));
  uint64_t state = seed * 0x9e3779b97f4a7c15 + 1;
  float* out = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) {
    state = state * 6364136223846793005 + 1442695040888963407;
    out[i] = static_cast<float>(state >> 40) / (1 << 23) - 1;
  }
  return tensor;
}

/// A tensor's values, row-major.
inline std::vector<double> values(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.to(at::kCPU, at::kDouble).contiguous();
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

inline void expect_close(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], expected[i], tolerance) << "element " << i;
}

/// x (rows, in) · weight (out, in)ᵀ
inline std::vector<double> naive_product(const std::vector<double>& x, const std::vector<double>& weight, size_t in) {
  const size_t rows = x.size() / in, outputs = weight.size() / in;
  std::vector<double> out(rows * outputs);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t o = 0; o < outputs; ++o) {
      for (size_t i = 0; i < in; ++i) out[r * outputs + o] += x[r * in + i] * weight[o * in + i];
    }
  }
  return out;
}

/// down · (silu(gate x) · (up x)) of rows; gate_up (2·width, hidden), down (hidden, width)
inline std::vector<double> naive_swiglu(const std::vector<double>& x, const std::vector<double>& gate_up,
                                        const std::vector<double>& down, size_t hidden) {
  const size_t width = down.size() / hidden, rows = x.size() / hidden;
  const std::vector<double> both = naive_product(x, gate_up, hidden);
  std::vector<double> inner(rows * width);
  for (size_t r = 0; r < rows; ++r) {
    for (size_t i = 0; i < width; ++i) {
      const double gate = both[r * 2 * width + i];
      inner[r * width + i] = gate / (1 + std::exp(-gate)) * both[r * 2 * width + width + i];
    }
  }
  return naive_product(inner, down, width);
}

}  // namespace deepseekocr::test
