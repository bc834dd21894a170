// SPDX-License-Identifier: MIT
// Rows of a mixture of experts, sorted by expert, so that an expert's weights are read once for all of its rows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

/// The rows that go to one expert: places in the list of all (row, rank) pairs, sorted by expert.
struct Visit {
  int64_t expert;
  int64_t first;
  int64_t count;
};

struct Visits {
  std::vector<Visit> visits;
  std::vector<int64_t> order;  ///< place → pair = row · k + rank
};

/// Of the pairs' experts.  Takes no memory where `all` had as many pairs before.
void sort_by_expert(std::span<const int64_t> experts, Visits* all);
Visits sort_by_expert(const Routing& routing);

/// Σ over a row's pairs of weight · output: outputs (rows · k, hidden) in the order of the pairs → (rows, hidden).
at::Tensor sum_of_experts(const at::Tensor& outputs, const Routing& routing);

/// Calls work(visit, first, some) for all parts of `rows` rows of all visited experts, by the whole team.
template <typename Work>
void for_visits(const Visits& all, int64_t rows, int64_t part_rows, const Work& work) {
  const int64_t parts = (rows + part_rows - 1) / part_rows;
  team().run(static_cast<int64_t>(all.visits.size()) * parts, [&](int64_t i) {
    const int64_t first = i % parts * part_rows;
    work(all.visits[static_cast<size_t>(i / parts)], first, std::min(part_rows, rows - first));
  });
}

}  // namespace deepseekocr::operations::cpu
