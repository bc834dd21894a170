// SPDX-License-Identifier: MIT
// SAM's attention on CUDA.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <cmath>

#include "operations/aten/grid.h"
#include "operations/cuda/operations.h"

namespace deepseekocr::operations::cuda {
namespace {

constexpr int64_t kMostElements = 256;  ///< of a query that LibTorch's attention without a bias takes

int64_t padded_width(int64_t dim, int64_t rows, int64_t columns) {
  return (dim + rows + columns + 7) / 8 * 8;
}

/// For each position of a grid a one at its row and one at its column: (rows·columns, width), zeros behind.
at::Tensor place_marks(int64_t rows, int64_t columns, int64_t width, const at::TensorOptions& options) {
  const at::Tensor row = at::eye(rows, options).unsqueeze(1).expand({rows, columns, rows});
  const at::Tensor column = at::eye(columns, options).unsqueeze(0).expand({rows, columns, columns});
  const at::Tensor marks = at::cat({row, column}, 2).reshape({rows * columns, rows + columns});
  return at::constant_pad_nd(marks, {0, width - rows - columns}, 0);
}

}  // namespace

bool takes_grid(const at::Tensor& qkv, int heads) {
  return qkv.is_cuda() && padded_width(qkv.size(3) / (3 * heads), qkv.size(1), qkv.size(2)) <= kMostElements;
}

at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads) {
  const int64_t views = qkv.size(0), rows = qkv.size(1), columns = qkv.size(2), positions = rows * columns;
  const at::Tensor split = aten::split_heads(qkv.reshape({views, positions, qkv.size(3)}), heads);
  const at::Tensor query = split[0], key = split[1], value = split[2];
  const int64_t dim = query.size(3), width = padded_width(dim, rows, columns);
  const at::Tensor grid = query.reshape({views, heads, rows, columns, dim});
  const at::Tensor by_row = aten::relative_scores(grid, row_table, 2).reshape({views, heads, positions, rows});
  const at::Tensor by_column = aten::relative_scores(grid, column_table, 3).reshape({views, heads, positions, columns});
  const at::Tensor scaled = query * (1 / std::sqrt(static_cast<double>(dim)));
  const at::Tensor padding = scaled.new_zeros({1}).expand({views, heads, positions, width - dim - rows - columns});
  const at::Tensor marks = place_marks(rows, columns, width - dim, qkv.options());
  const at::Tensor wide_query = at::cat({scaled, by_row, by_column, padding}, 3);
  const at::Tensor wide_key = at::cat({key, marks.expand({views, heads, positions, width - dim})}, 3);
  // The fastest kernels want values as wide as keys.
  const bool same_width = qkv.scalar_type() == at::kBFloat16;
  const at::Tensor wide_value = same_width ? at::constant_pad_nd(value, {0, width - dim}, 0) : value;
  const at::Tensor out = at::scaled_dot_product_attention(wide_query, wide_key, wide_value, /*attn_mask=*/{},
                                                          /*dropout_p=*/0.0, /*is_causal=*/false, /*scale=*/1.0);
  return aten::merge_heads(out.narrow(3, 0, dim)).reshape({views, rows, columns, -1});
}

}  // namespace deepseekocr::operations::cuda
