// SPDX-License-Identifier: MIT
#include "operations/head.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/norm.h>

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

Bound bound_of(const at::Tensor& x, const PackedHead& head) {
  // The largest of a group of 64 is no more than its length, and each is off by half a 32767th of it; a group that is
  // rounded to zeros is shorter than 1e-29.
  const double length = at::norm(x.to(at::kDouble)).item<double>() * (1 + 1e-6) + 1e-20;
  const double rounding = std::sqrt(double{kernels::Int8::kGroup}) / 65534 * 1.01;
  // Twice the columns: float32 sums of the packed row and of the exact one, whose unit is 2^-24.
  const double sum = 2 * static_cast<double>(head.weights.columns + 16) * std::ldexp(1, -24);
  return {static_cast<float>(length * (1 + 1e-6)),
          static_cast<float>(length * head.largest_norm * (rounding + sum) * (1 + 1e-6))};
}

/// Σ exact row · x, in the order of the dense head.
float exact_logit(const at::Tensor& x, const PackedHead& head, int64_t row, std::vector<float>& weights) {
  head.exact(row, 1, weights.data());
  const int64_t columns = head.weights.columns;
  const float* in = cpu::read_only<float>(x);
  float sum = 0;
  if (const kernels::Kernels* kernels = cpu::active_kernels()) {
    kernels->f32.products({weights.data(), columns}, 1, {in, columns}, 1, columns, {&sum, 1});
  } else {
    for (int64_t k = 0; k < columns; ++k) sum += weights[static_cast<size_t>(k)] * in[k];
  }
  return sum;
}

/// Replaces the logits of all rows that may be among the two best that are not banned.
void refine(const at::Tensor& x, const PackedHead& head, std::span<const int32_t> banned, std::span<float> logits) {
  const Bound bound = bound_of(x, head);
  const TopTwo top = top_two(logits, banned);
  if (top.second < 0 || !std::isfinite(bound.offset)) return;
  const auto least = [&](int64_t row) {
    return logits[static_cast<size_t>(row)] - (head.errors[static_cast<size_t>(row)] * bound.length + bound.offset);
  };
  const float threshold = std::min(least(top.best), least(top.second)) - bound.offset;
  std::vector<int64_t> rows;
  above(logits, head.errors, bound.length, threshold, [&](int64_t row) { rows.push_back(row); });
  std::vector<float> weights(static_cast<size_t>(head.weights.columns));
  for (const int64_t row : rows) logits[static_cast<size_t>(row)] = exact_logit(x, head, row, weights);
}

}  // namespace

at::Tensor logits(const at::Tensor& x, const PackedHead& head) {
  return project(x, head.weights);
}

std::vector<Choice> choose(const at::Tensor& x, const PackedHead& head,
                           std::span<const std::span<const int32_t>> banned, std::span<const int32_t> expected) {
  const at::Tensor in = x.to(at::kFloat).contiguous(), all = logits(in, head);
  const auto size = static_cast<size_t>(all.size(1));
  std::vector<Choice> choices;
  for (size_t i = 0; i < banned.size(); ++i) {
    const std::span<float> row(cpu::writable<float>(all) + i * size, size);
    refine(in.narrow(0, static_cast<int64_t>(i), 1), head, banned[i], row);
    choices.push_back(choose(row, banned[i]));
    if (i < expected.size() && choices.back().id != expected[i]) break;
  }
  return choices;
}

}  // namespace deepseekocr::operations
