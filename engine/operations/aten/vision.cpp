// SPDX-License-Identifier: MIT
// Reference implementation: what the vision encoders compute, attention apart.

#include <ATen/TensorOperators.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/sigmoid.h>

#include "operations/aten/reference.h"
#include "operations/operations.h"

namespace deepseekocr::operations {

namespace aten {

at::Tensor linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return at::linear(x.to(weight.scalar_type()), weight, bias.defined() ? bias.to(weight.scalar_type()) : bias);
}

at::Tensor patches(const at::Tensor& pixels, int64_t p) {
  const int64_t rows = pixels.size(2) / p, columns = pixels.size(3) / p;
  return pixels.reshape({pixels.size(0), pixels.size(1), rows, p, columns, p})
      .permute({0, 2, 4, 1, 3, 5})
      .reshape({pixels.size(0), rows, columns, pixels.size(1) * p * p});
}

at::Tensor convolution3x3(const at::Tensor& x, const at::Tensor& weight, int stride) {
  return at::conv2d(x.to(weight.scalar_type()).permute({0, 3, 1, 2}), weight, {}, {stride, stride}, {1, 1})
      .permute({0, 2, 3, 1})
      .contiguous();
}

}  // namespace aten

at::Tensor layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  return at::layer_norm(x.to(at::kFloat), {x.size(-1)}, weight, bias, epsilon);
}

at::Tensor patch_embedding(const at::Tensor& pixels, const at::Tensor& weight, const at::Tensor& bias) {
  return linear(aten::patches(pixels, weight.size(2)), weight.flatten(1), bias);
}

at::Tensor gelu_mlp(const at::Tensor& x, const at::Tensor& first, const at::Tensor& first_bias,
                    const at::Tensor& second, const at::Tensor& second_bias) {
  at::Tensor hidden = linear(x, first, first_bias);
  at::gelu_(hidden);
  return linear(hidden, second, second_bias);
}

at::Tensor quick_gelu_mlp(const at::Tensor& x, const at::Tensor& first, const at::Tensor& first_bias,
                          const at::Tensor& second, const at::Tensor& second_bias) {
  at::Tensor hidden = linear(x, first, first_bias);
  hidden.mul_(at::sigmoid(hidden * 1.702));
  return linear(hidden, second, second_bias);
}

at::Tensor split_windows(const at::Tensor& x, int window) {
  const int64_t views = x.size(0), width = x.size(3);
  const int64_t below = (window - x.size(1) % window) % window, right = (window - x.size(2) % window) % window;
  const at::Tensor padded = below + right == 0 ? x : at::constant_pad_nd(x, {0, 0, 0, right, 0, below}, 0);
  const int64_t rows = padded.size(1) / window, columns = padded.size(2) / window;
  return padded.reshape({views, rows, window, columns, window, width})
      .transpose(2, 3)
      .reshape({views * rows * columns, window, window, width});
}

at::Tensor merge_windows(const at::Tensor& windows, int views, int rows, int columns) {
  const int64_t window = windows.size(1), width = windows.size(3);
  const int64_t down = (rows + window - 1) / window, across = (columns + window - 1) / window;
  return windows.reshape({views, down, across, window, window, width})
      .transpose(2, 3)
      .reshape({views, down * window, across * window, width})
      .narrow(1, 0, rows)
      .narrow(2, 0, columns);
}

}  // namespace deepseekocr::operations
