// SPDX-License-Identifier: MIT
// What attentions over grids share.
#pragma once

#include <ATen/core/Tensor.h>

namespace deepseekocr::operations::aten {

/// qkv (views, positions, 3·heads·dim) → (3, views, heads, positions, dim), without copying.
at::Tensor split_heads(const at::Tensor& qkv, int heads);

/// (views, heads, positions, dim) → (views, positions, heads·dim)
at::Tensor merge_heads(const at::Tensor& x);

/// Dot products of each query with the table rows of its own index along `axis` of the grid (2: rows, 3: columns).
/// query (views, heads, rows, columns, dim), table (n, n, dim) with n = query.size(axis) → (views, heads, rows,
/// columns, n)
at::Tensor relative_scores(const at::Tensor& query, const at::Tensor& table, int64_t axis);

}  // namespace deepseekocr::operations::aten
