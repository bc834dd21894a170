// SPDX-License-Identifier: MIT
// The attentions of the vision encoder on a processor that has kernels, in float32.  Documented in operations.h.
#pragma once

#include <ATen/core/Tensor.h>

namespace deepseekocr::operations::cpu {

/// Whether `qkv` is float32 in a processor's memory, with kernels for it.
bool takes_vision(const at::Tensor& qkv);

at::Tensor attention(const at::Tensor& qkv, int heads);
at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads);

}  // namespace deepseekocr::operations::cpu
