// SPDX-License-Identifier: MIT
// Reference implementation: the three attentions of the network.

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/add.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/where.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "operations/aten/grid.h"
#include "operations/aten/reference.h"

namespace deepseekocr::operations {
namespace {

/// Elements of one chunk of the additive bias in relative_position_attention for up to four threads: 16 MB in float32.
constexpr int64_t kBiasElements = 4 << 20;

/// x (rows, vectors, dim) rotated: x·cos + (−second half, first half)·sin, tables (rows, 1, dim).
at::Tensor rotate(const at::Tensor& x, const at::Tensor& cosines, const at::Tensor& sines) {
  const int64_t half = x.size(-1) / 2;
  const at::Tensor turned = at::cat({x.narrow(-1, half, half).neg(), x.narrow(-1, 0, half)}, -1);
  return (x * cosines).add_(turned * sines);
}

/// The rows of a rope table at the positions that the slices write, in their order.
at::Tensor table_rows(const at::Tensor& table, std::span<const CacheSlice> slices) {
  if (slices.size() == 1) return table.narrow(0, slices[0].length, slices[0].count);
  std::vector<at::Tensor> parts;
  parts.reserve(slices.size());
  for (const CacheSlice& slice : slices) parts.push_back(table.narrow(0, slice.length, slice.count));
  return at::cat(parts);
}

/// Writes x (heads, count, dim) behind the `length` vectors of a cache, and gives all of them in the query's dtype:
/// (heads, length + count, dim).
/// @param scales  undefined: the cache has the model's dtype
at::Tensor append(const at::Tensor& x, const at::Tensor& cache, const at::Tensor& scales, int64_t length) {
  const int64_t count = x.size(1);
  if (!scales.defined()) {
    cache.narrow(1, length, count).copy_(x);
    return cache.narrow(1, 0, length + count);
  }
  const aten::RoundedVectors rounded = aten::round_vectors(x);
  cache.narrow(1, length, count).copy_(rounded.numbers);
  scales.narrow(1, length, count).copy_(rounded.scales);
  return cache.narrow(1, 0, length + count).to(at::kFloat).mul_(scales.narrow(1, 0, length + count).unsqueeze(-1));
}

/// One sequence: query, key, value each (heads, count, dim) → (count, heads·dim)
at::Tensor attend(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value, const CacheSlice& slice) {
  TORCH_CHECK(slice.length == 0 || slice.count == 1, "a sequence is extended by one position at a time");
  TORCH_CHECK(slice.length + slice.count <= slice.keys.size(1), "the cache is too small");
  const at::Tensor keys = append(key, slice.keys, slice.key_scales, slice.length);
  const at::Tensor values = append(value, slice.values, slice.value_scales, slice.length);
  const at::Tensor out = at::scaled_dot_product_attention(query.to(keys.scalar_type()).unsqueeze(0), keys.unsqueeze(0),
                                                          values.unsqueeze(0), /*attn_mask=*/{}, /*dropout_p=*/0.0,
                                                          /*is_causal=*/slice.count > 1);
  return out.squeeze(0).transpose(0, 1).reshape({slice.count, -1});
}

}  // namespace

RopeTable rope_table(int positions, int dim, double theta, at::Device device) {
  // Computed on the host: every device then has the same table, to the bit.
  const auto single = at::TensorOptions().dtype(at::kFloat);
  const at::Tensor exponent = at::arange(0, dim, 2, single) / dim;
  const at::Tensor frequency = at::pow(theta, exponent).reciprocal();
  const at::Tensor angle = at::outer(at::arange(positions, single), frequency);
  const at::Tensor both = at::cat({angle, angle}, 1);
  return {at::cos(both).to(device), at::sin(both).to(device)};
}

namespace aten {

at::Tensor attention(const at::Tensor& qkv, int heads) {
  const at::Tensor split = split_heads(qkv, heads);
  return merge_heads(at::scaled_dot_product_attention(split[0], split[1], split[2]));
}

at::Tensor split_heads(const at::Tensor& qkv, int heads) {
  return qkv.reshape({qkv.size(0), qkv.size(1), 3, heads, -1}).permute({2, 0, 3, 1, 4});
}

at::Tensor merge_heads(const at::Tensor& x) {
  return x.transpose(1, 2).reshape({x.size(0), x.size(2), -1});
}

at::Tensor relative_scores(const at::Tensor& query, const at::Tensor& table, int64_t axis) {
  const at::Tensor by_index = query.movedim(axis, 0);  // (n, views, heads, other, dim)
  const at::Tensor scores = at::bmm(by_index.reshape({by_index.size(0), -1, by_index.size(4)}), table.transpose(1, 2));
  return scores.reshape({by_index.size(0), by_index.size(1), by_index.size(2), by_index.size(3), table.size(1)})
      .movedim(0, axis);
}

at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads) {
  const int64_t views = qkv.size(0), rows = qkv.size(1), columns = qkv.size(2), positions = rows * columns;
  const at::Tensor split = split_heads(qkv.reshape({views, positions, qkv.size(3)}), heads);
  const at::Tensor query = split[0], key = split[1], value = split[2];
  const at::Tensor grid = query.reshape({views, heads, rows, columns, query.size(3)});
  const auto own_type = [&](const at::Tensor& table) { return table.to(query.scalar_type()); };
  const at::Tensor by_row = relative_scores(grid, own_type(row_table), 2).unsqueeze(5);        // (…, key row, 1)
  const at::Tensor by_column = relative_scores(grid, own_type(column_table), 3).unsqueeze(4);  // (…, 1, key column)

  // The bias has positions² entries a head; no more than kBiasElements of them exist at a time.  Many queries of few
  // heads are faster than few queries of many heads.
  const int64_t row_elements = columns * positions, limit = kBiasElements * ((at::get_num_threads() + 3) / 4);
  const int64_t row_step = std::clamp<int64_t>(limit / row_elements, 1, rows);
  const int64_t head_step = std::clamp<int64_t>(limit / (row_elements * row_step), 1, heads);
  const int64_t view_step = std::clamp<int64_t>(limit / (row_elements * row_step * head_step), 1, views);
  // One piece of memory for all of them: the system clears what it hands out, which takes as long as filling it.
  const at::Tensor biases = at::empty({view_step * head_step * row_step * row_elements}, qkv.options());
  at::Tensor out = at::empty({views, positions, heads, query.size(3)}, qkv.options());
  for (int64_t view = 0; view < views; view += view_step) {
    for (int64_t head = 0; head < heads; head += head_step) {
      const int64_t some = std::min(view_step, views - view), several = std::min<int64_t>(head_step, heads - head);
      const auto take = [&](const at::Tensor& x) { return x.narrow(0, view, some).narrow(1, head, several); };
      for (int64_t row = 0; row < rows; row += row_step) {
        const int64_t count = std::min(row_step, rows - row), first = row * columns, queries = count * columns;
        at::Tensor bias = biases.narrow(0, 0, some * several * queries * positions)
                              .view({some, several, count, columns, rows, columns});
        at::add_out(bias, take(by_row).narrow(2, row, count), take(by_column).narrow(2, row, count));
        bias = bias.view({some, several, queries, positions});
        const at::Tensor part =
            at::scaled_dot_product_attention(take(query).narrow(2, first, queries), take(key), take(value), bias);
        out.narrow(0, view, some).narrow(2, head, several).narrow(1, first, queries).copy_(part.transpose(1, 2));
      }
    }
  }
  return out.reshape({views, rows, columns, -1});
}

RoundedVectors round_vectors(const at::Tensor& x) {
  constexpr double kSmallest = 1e-30, kLargest = 127;
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor extreme = wide.abs().amax(-1, /*keepdim=*/true), used = extreme > kSmallest;
  const at::Tensor nothing = (wide * 0).sum(-1, /*keepdim=*/true);  // not a number if one of them is none, or infinite
  const at::Tensor scales = at::where(used, extreme / kLargest, 0.0) + nothing;
  const at::Tensor numbers = at::where(scales > 0, (wide * (at::full_like(extreme, kLargest) / extreme)).round(), 0.0);
  return {numbers.to(at::kChar), scales.squeeze(-1)};
}

at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  const int64_t rows = qkv.size(0), dim = qkv.size(1) / (3 * heads);
  const at::Tensor vectors = qkv.reshape({rows, 3 * heads, dim});
  const at::Tensor rotated = rotate(vectors.narrow(1, 0, 2 * heads), table_rows(rope.cosines, slices).unsqueeze(1),
                                    table_rows(rope.sines, slices).unsqueeze(1));
  const at::Tensor query = rotated.narrow(1, 0, heads).transpose(0, 1),
                   key = rotated.narrow(1, heads, heads).transpose(0, 1);
  const at::Tensor value = vectors.narrow(1, 2 * heads, heads).transpose(0, 1);
  std::vector<at::Tensor> parts;
  parts.reserve(slices.size());
  int64_t row = 0;
  for (const CacheSlice& slice : slices) {
    const at::ScalarType type = slice.is_rounded() ? at::kFloat : qkv.scalar_type();
    const auto own = [&](const at::Tensor& x) { return x.narrow(1, row, slice.count).to(type); };
    parts.push_back(attend(own(query), own(key), own(value), slice).to(qkv.scalar_type()));
    row += slice.count;
  }
  TORCH_CHECK(row == rows, "the slices do not cover the rows");
  return parts.size() == 1 ? parts[0] : at::cat(parts);
}

}  // namespace aten

}  // namespace deepseekocr::operations
