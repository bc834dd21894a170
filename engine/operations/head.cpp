// SPDX-License-Identifier: MIT
#include "operations/head.h"

#include <algorithm>
#include <cmath>

#include "operations/cpu/matrix.h"
#include "operations/scan.h"

namespace deepseekocr::operations {
namespace {

/// The bound of head.h for any row is errors[row] · length + offset.
struct Bound {
  float length;  ///< ‖x‖
  float offset;
};

Bound bound_of(const float* x, const PackedHead& head) {
  // The largest of a group of 64 is no more than its length, and each is off by half a 32767th of it; a group that is
  // rounded to zeros is shorter than 1e-29.
  double squares = 0;
  for (int64_t k = 0; k < head.weights.columns; ++k) squares += double{x[k]} * x[k];
  const double length = std::sqrt(squares) * (1 + 1e-6) + 1e-20;
  const double rounding = std::sqrt(double{kernels::Int8::kGroup}) / 65534 * 1.01;
  // Twice the columns: float32 sums of the packed row and of the exact one, whose unit is 2^-24.
  const double sum = 2 * static_cast<double>(head.weights.columns + 16) * std::ldexp(1, -24);
  return {static_cast<float>(length * (1 + 1e-6)),
          static_cast<float>(length * head.largest_norm * (rounding + sum) * (1 + 1e-6))};
}

/// Σ exact row · x, in the order of the dense head.
float exact_logit(const float* x, const PackedHead& head, int64_t row, std::vector<float>& weights) {
  head.exact(row, 1, weights.data());
  const int64_t columns = head.weights.columns;
  float sum = 0;
  if (const kernels::Kernels* kernels = cpu::active_kernels()) {
    kernels->f32.products({weights.data(), columns}, 1, {x, columns}, 1, columns, {&sum, 1});
  } else {
    for (int64_t k = 0; k < columns; ++k) sum += weights[static_cast<size_t>(k)] * x[k];
  }
  return sum;
}

/// Rows that may win are seldom more.
constexpr size_t kSeldomMore = 1024;

/// Replaces the logits of all rows that may be among the two best that are not banned.
void refine(const float* x, const PackedHead& head, std::span<const int32_t> banned, std::span<float> logits) {
  const Bound bound = bound_of(x, head);
  const TopTwo top = top_two(logits, banned);
  if (top.second < 0 || !std::isfinite(bound.offset)) return;
  const auto least = [&](int64_t row) {
    return logits[static_cast<size_t>(row)] - (head.errors[static_cast<size_t>(row)] * bound.length + bound.offset);
  };
  const float threshold = std::min(least(top.best), least(top.second)) - bound.offset;
  thread_local std::vector<int64_t> rows;  // kept: a step takes no memory
  thread_local std::vector<float> weights;
  rows.clear();
  rows.reserve(kSeldomMore);
  above(logits, head.errors, bound.length, threshold, [&](int64_t row) { rows.push_back(row); });
  weights.resize(static_cast<size_t>(head.weights.columns));
  for (const int64_t row : rows) logits[static_cast<size_t>(row)] = exact_logit(x, head, row, weights);
}

}  // namespace

at::Tensor logits(const at::Tensor& x, const PackedHead& head) {
  return project(x, head.weights);
}

Choice choose(const float* x, const PackedHead& head, std::span<const int32_t> banned, std::span<float> logits) {
  refine(x, head, banned, logits);
  return choose(logits, banned);
}

std::vector<Choice> choose(const at::Tensor& x, const PackedHead& head,
                           std::span<const std::span<const int32_t>> banned, std::span<const int32_t> expected) {
  const at::Tensor in = x.to(at::kFloat).contiguous(), all = logits(in, head);
  const auto size = static_cast<size_t>(all.size(1));
  std::vector<Choice> choices;
  for (size_t i = 0; i < banned.size(); ++i) {
    const std::span<float> row(cpu::writable<float>(all) + i * size, size);
    choices.push_back(
        choose(cpu::read_only<float>(in) + static_cast<int64_t>(i) * head.weights.columns, head, banned[i], row));
    if (i < expected.size() && choices.back().id != expected[i]) break;
  }
  return choices;
}

}  // namespace deepseekocr::operations
