// SPDX-License-Identifier: MIT
// The vision encoder's products of weights in 8 bits, on a processor that has kernels.  Documented in weights.h.
//
// Unlike a decode step these multiply hundreds of rows, so what counts is arithmetic and the second cache: each member
// of the team takes some rows through all of an operation, from rounding to the activation.
#pragma once

#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

/// x (…, inputs) · weightᵀ + bias (float32 or none) → (…, outputs), float32
at::Tensor linear(const at::Tensor& x, const PackedMatrices& weight, const at::Tensor& bias);

/// In place: x[k] = f(x[k] + bias[k])
using Activation = void (*)(float* x, const float* bias, int64_t length);

/// second · f(first · x + b₁) + b₂; biases float32
at::Tensor mlp(const at::Tensor& x, const PackedMatrices& first, const at::Tensor& first_bias,
               const PackedMatrices& second, const at::Tensor& second_bias, Activation activation);

}  // namespace deepseekocr::operations::cpu
