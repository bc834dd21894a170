// SPDX-License-Identifier: MIT
#include "operations/cpu/routing.h"

#include <algorithm>

#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

void route_row(float* scores, int64_t count, const RoutingRule& rule, int64_t* experts, float* weights) {
  const float sum = active_kernels()->softmax_terms(scores, count, 1);
  for (int64_t i = 0; i < count; ++i) scores[i] /= sum;
  float chosen = 0;
  for (int rank = 0; rank < rule.k; ++rank) {
    float* best = std::max_element(scores, scores + count);
    experts[rank] = best - scores;
    weights[rank] = *best;
    chosen += *best;
    *best = -1;
  }
  const float factor = rule.normalise && rule.k > 1 ? 1 / (chosen + 1e-20F) : rule.scale;
  for (int rank = 0; rank < rule.k; ++rank) weights[rank] *= factor;
}

}  // namespace deepseekocr::operations::cpu
