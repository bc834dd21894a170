// SPDX-License-Identifier: MIT
#include "operations/cpu/vision_attention.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "operations/cpu/matrix.h"
#include "operations/cpu/rounded_buffer.h"

namespace deepseekocr::operations::cpu {
namespace {

/// Queries of a head that a member of the team takes at once, at most.
constexpr int64_t kPartQueries = 48;
/// Their scores: a quarter of a megabyte, which the second cache holds beside the keys that are being read.
constexpr int64_t kPartScores = 1 << 16;

/// Decomposed relative positions of a grid; without tables, none.
struct GridTables {
  int64_t rows = 0;  ///< of the grid
  int64_t columns = 0;
  const float* by_row = nullptr;     ///< (rows, rows, dim): [query row][key row]
  const float* by_column = nullptr;  ///< (columns, columns, dim)
};

/// Heads that attend each to itself: of `views` views with `positions` each.
class Heads {
 public:
  /// @param qkv  (views · positions, 3·heads·dim), contiguous
  Heads(const at::Tensor& qkv, int64_t views, int64_t positions, int64_t heads)
      : data_(read_only<float>(qkv)),
        views_(views),
        positions_(positions),
        heads_(heads),
        dim_(qkv.size(-1) / (3 * heads)),
        // Rows whose distance is a power of two would fall on each other in the first cache.
        key_stride_(positions + 16),
        keys_(at::empty({views * heads, dim_, key_stride_}, qkv.options())),
        values_(at::empty({views * heads, positions, dim_}, qkv.options())) {
    team().run(views * heads, [&](int64_t head) { gather(head); });
  }

  /// out (views · positions, heads·dim)
  void attend(const GridTables& tables, float* out) const {
    const int64_t step = std::clamp<int64_t>(kPartScores / positions_, 1, kPartQueries);
    const int64_t parts = (positions_ + step - 1) / step;
    team().run(views_ * heads_ * parts, [&](int64_t i) {
      const int64_t first = i % parts * step;
      attend_part(i / parts, first, std::min(step, positions_ - first), tables, out);
    });
  }

 private:
  /// Of a head, the query of its first position; the key lies heads·dim behind it, the value as far behind the key.
  const float* queries_of(int64_t head) const {
    return data_ + head / heads_ * positions_ * row() + head % heads_ * dim_;
  }
  int64_t row() const { return 3 * heads_ * dim_; }
  float* keys_of(int64_t head) const { return writable<float>(keys_) + head * dim_ * key_stride_; }
  float* values_of(int64_t head) const { return writable<float>(values_) + head * positions_ * dim_; }

  /// Keys of a head as (dim, positions), values as (positions, dim).
  void gather(int64_t head) const {
    constexpr int64_t kTogether = 8;  // whose numbers are one store
    const float *const keys = queries_of(head) + heads_ * dim_, *const values = keys + heads_ * dim_;
    float *const to = keys_of(head), *const own_values = values_of(head);
    for (int64_t first = 0; first < positions_; first += kTogether) {
      const int64_t some = std::min(kTogether, positions_ - first);
      for (int64_t k = 0; k < dim_; ++k)
        for (int64_t i = 0; i < some; ++i) to[k * key_stride_ + first + i] = keys[(first + i) * row() + k];
      for (int64_t i = first; i < first + some; ++i) std::copy_n(values + i * row(), dim_, own_values + i * dim_);
    }
  }

  /// Queries first … first + some − 1 of a head.
  void attend_part(int64_t head, int64_t first, int64_t some, const GridTables& tables, float* out) const {
    thread_local std::vector<float> memory, grid;
    float* const scores = grown(memory, some * positions_);
    const float* const queries = queries_of(head) + first * row();
    const kernels::Kernels& kernel = *active_kernels();
    kernel.weighted_sums({queries, row()}, some, {keys_of(head), key_stride_}, dim_, positions_, {scores, positions_});
    std::array<float, kPartQueries> totals{};
    for (int64_t i = 0; i < some; ++i) {
      float* const own = scores + i * positions_;
      if (tables.by_row != nullptr) add_positions(queries + i * row(), first + i, tables, grid, own);
      totals[static_cast<size_t>(i)] = kernel.softmax_terms(own, positions_, scale());
    }
    const Rows<float> to{out + (head / heads_ * positions_ + first) * heads_ * dim_ + head % heads_ * dim_,
                         heads_ * dim_};
    kernel.weighted_sums({scores, positions_}, some, {values_of(head), dim_}, positions_, dim_, to);
    for (int64_t i = 0; i < some; ++i)
      for (int64_t k = 0; k < dim_; ++k) to.data[i * to.stride + k] /= totals[static_cast<size_t>(i)];
  }

  /// Adds what the query at `position` has for each row and column of the grid; scores are yet to be scaled.
  void add_positions(const float* query, int64_t position, const GridTables& tables, std::vector<float>& memory,
                     float* scores) const {
    const int64_t rows = tables.rows, columns = tables.columns;
    float *const by_row = grown(memory, rows + columns), *const by_column = by_row + rows;
    const auto products = active_kernels()->f32.products;
    products({tables.by_row + position / columns * rows * dim_, dim_}, rows, {query, dim_}, 1, dim_, {by_row, rows});
    products({tables.by_column + position % columns * columns * dim_, dim_}, columns, {query, dim_}, 1, dim_,
             {by_column, columns});
    active_kernels()->add_grid(scores, by_row, rows, by_column, columns, 1 / scale());
  }

  float scale() const { return 1 / std::sqrt(static_cast<float>(dim_)); }

  const float* data_;
  int64_t views_, positions_, heads_, dim_;
  int64_t key_stride_;
  at::Tensor keys_;    ///< (views · heads, dim, key_stride_), the first positions_ of each row
  at::Tensor values_;  ///< (views · heads, positions, dim)
};

}  // namespace

bool takes_vision(const at::Tensor& qkv) {
  return active_kernels() != nullptr && qkv.is_cpu() && qkv.scalar_type() == at::kFloat;
}

at::Tensor attention(const at::Tensor& qkv, int heads) {
  const at::Tensor in = qkv.contiguous();
  at::Tensor out = at::empty({in.size(0), in.size(1), in.size(2) / 3}, in.options());
  Heads(in, in.size(0), in.size(1), heads).attend({}, writable<float>(out));
  return out;
}

at::Tensor relative_position_attention(const at::Tensor& qkv, const at::Tensor& row_table,
                                       const at::Tensor& column_table, int heads) {
  const at::Tensor in = qkv.contiguous(), rows = row_table.to(at::kFloat).contiguous(),
                   columns = column_table.to(at::kFloat).contiguous();
  at::Tensor out = at::empty({in.size(0), in.size(1), in.size(2), in.size(3) / 3}, in.options());
  const GridTables tables{in.size(1), in.size(2), read_only<float>(rows), read_only<float>(columns)};
  Heads(in, in.size(0), in.size(1) * in.size(2), heads).attend(tables, writable<float>(out));
  return out;
}

}  // namespace deepseekocr::operations::cpu
