// SPDX-License-Identifier: MIT
#include "operations/cpu/visits.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace deepseekocr::operations::cpu {

void sort_by_expert(std::span<const int64_t> experts, Visits* all) {
  all->order.resize(experts.size());
  std::iota(all->order.begin(), all->order.end(), 0);
  const auto expert_of = [&](int64_t pair) { return experts[static_cast<size_t>(pair)]; };
  // By the pair where experts are equal; a stable sort would take memory.
  std::sort(all->order.begin(), all->order.end(),
            [&](int64_t a, int64_t b) { return std::pair(expert_of(a), a) < std::pair(expert_of(b), b); });
  all->visits.clear();
  all->visits.reserve(experts.size());
  for (size_t place = 0; place < experts.size(); ++place) {
    const int64_t expert = expert_of(all->order[place]);
    if (all->visits.empty() || all->visits.back().expert != expert)
      all->visits.push_back({expert, static_cast<int64_t>(place), 0});
    ++all->visits.back().count;
  }
}

Visits sort_by_expert(const Routing& routing) {
  Visits all;
  sort_by_expert({read_only<int64_t>(routing.experts), static_cast<size_t>(routing.experts.numel())}, &all);
  return all;
}

at::Tensor sum_of_experts(const at::Tensor& outputs, const Routing& routing) {
  const int64_t rows = routing.experts.size(0), k = routing.experts.size(1), hidden = outputs.size(1);
  at::Tensor out = at::empty({rows, hidden}, outputs.options());
  for_rows(rows, [&](int64_t row) {
    active_kernels()->f32.weighted_sum({read_only<float>(outputs) + row * k * hidden, hidden},
                                       read_only<float>(routing.weights) + row * k, k, hidden,
                                       writable<float>(out) + row * hidden);
  });
  return out;
}

}  // namespace deepseekocr::operations::cpu
