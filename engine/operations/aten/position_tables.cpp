// SPDX-License-Identifier: MIT
// Reference implementation: position tables for other sizes than they were stored in.

#include <ATen/ops/_upsample_bicubic2d_aa.h>
#include <ATen/ops/upsample_linear1d.h>

#include "operations/operations.h"

namespace deepseekocr::operations {

at::Tensor resize_bicubic(const at::Tensor& table, int new_rows, int new_columns) {
  const at::Tensor image = table.to(at::kFloat).permute({2, 0, 1}).unsqueeze(0);
  const at::Tensor resized = at::_upsample_bicubic2d_aa(image, at::IntArrayRef{new_rows, new_columns},
                                                        /*align_corners=*/false, /*scale_factors=*/std::nullopt);
  return resized.squeeze(0).permute({1, 2, 0}).contiguous().to(table.scalar_type());
}

at::Tensor resize_linear(const at::Tensor& table, int new_length) {
  const at::Tensor signal = table.to(at::kFloat).t().unsqueeze(0);
  const at::Tensor resized = at::upsample_linear1d(signal, at::IntArrayRef{new_length}, /*align_corners=*/false,
                                                   /*scale_factors=*/std::nullopt);
  return resized.squeeze(0).t().contiguous().to(table.scalar_type());
}

}  // namespace deepseekocr::operations
