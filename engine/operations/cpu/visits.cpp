// SPDX-License-Identifier: MIT
#include "operations/cpu/visits.h"

#include <ATen/ops/empty.h>

namespace deepseekocr::operations::cpu {

Visits sort_by_expert(const Routing& routing) {
  const auto* experts = read_only<int64_t>(routing.experts);
  const int64_t pairs = routing.experts.numel();
  Visits all;
  all.order.resize(static_cast<size_t>(pairs));
  for (int64_t i = 0; i < pairs; ++i) all.order[i] = i;
  std::stable_sort(all.order.begin(), all.order.end(), [&](int64_t a, int64_t b) { return experts[a] < experts[b]; });
  for (int64_t place = 0; place < pairs; ++place) {
    const int64_t expert = experts[all.order[place]];
    if (all.visits.empty() || all.visits.back().expert != expert) all.visits.push_back({expert, place, 0});
    ++all.visits.back().count;
  }
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
