// SPDX-License-Identifier: MIT
// Greedy choice of the next id: plain arithmetic on the host, the same for every implementation.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "checkpoint/error.h"
#include "operations/operations.h"

namespace deepseekocr::operations {
namespace {

struct Statistics {
  double log_sum_exp = 0;
  double deviation = 0;
};

Statistics statistics(std::span<const float> logits) {
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0, squares = 0, exponentials = 0;
  for (const float value : logits) {
    const double shifted = value - largest;
    sum += shifted;
    squares += shifted * shifted;
    exponentials += std::exp(shifted);
  }
  const auto count = static_cast<double>(logits.size());
  const double variance = std::max(0.0, squares / count - (sum / count) * (sum / count));
  return {largest + std::log(exponentials), std::sqrt(variance)};
}

void check(std::span<const float> logits) {
  if (logits.empty()) throw EngineError(DSOCR_INTERNAL, "The model gave no logits.");
  if (!std::all_of(logits.begin(), logits.end(), [](float value) { return std::isfinite(value); })) refuse_logits();
}

}  // namespace

void refuse_logits() {
  throw EngineError(DSOCR_INTERNAL,
                    "The model's output holds values that are not finite numbers: its weights are damaged or "
                    "overflow in this precision.");
}

void refuse_bans(int64_t vocabulary) {
  throw EngineError(DSOCR_INVALID_ARGUMENT, "All " + std::to_string(vocabulary) + " ids are banned.");
}

Choice choose(std::span<const float> logits, std::span<const int32_t> banned) {
  check(logits);
  std::vector<int32_t> skip(banned.begin(), banned.end());
  std::sort(skip.begin(), skip.end());
  auto next_banned = skip.begin();
  int64_t best = -1, second = -1;
  for (int64_t id = 0; id < static_cast<int64_t>(logits.size()); ++id) {
    while (next_banned != skip.end() && *next_banned < id) ++next_banned;
    if (next_banned != skip.end() && *next_banned == id) continue;
    if (best < 0 || logits[id] > logits[best]) {
      second = best;
      best = id;
    } else if (second < 0 || logits[id] > logits[second]) {
      second = id;
    }
  }
  if (best < 0) refuse_bans(static_cast<int64_t>(logits.size()));
  const Statistics all = statistics(logits);
  Choice choice;
  choice.id = static_cast<int32_t>(best);
  choice.log_probability = static_cast<float>(logits[best] - all.log_sum_exp);
  if (second >= 0 && all.deviation > 0) {
    choice.margin = static_cast<float>((logits[best] - logits[second]) / all.deviation);
  }
  return choice;
}

}  // namespace deepseekocr::operations
