// SPDX-License-Identifier: MIT
// Weights of the vision encoder that are kept in few bytes and multiplied in float32.
#pragma once

#include <ATen/core/Tensor.h>

namespace deepseekocr::operations::cpu {

/// `weight` as its products take it: itself, or in float32 where LibTorch multiplies its dtype slowly (is_slow).  Of an
/// undefined tensor that tensor.  What is in float32 is valid until the thread's next call.
at::Tensor widened(const at::Tensor& weight);

}  // namespace deepseekocr::operations::cpu
