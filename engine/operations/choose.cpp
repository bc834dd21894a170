// SPDX-License-Identifier: MIT
// Greedy choice of the next id: on the host, the same for every implementation.

#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/error.h"
#include "operations/operations.h"
#include "operations/scan.h"

namespace deepseekocr::operations {
namespace {

struct Statistics {
  double log_sum_exp = 0;
  double deviation = 0;
};

Statistics statistics(const ShiftedSums& sums, double largest, size_t count) {
  const double mean = sums.values / static_cast<double>(count);
  const double variance = std::max(0.0, sums.squares / static_cast<double>(count) - mean * mean);
  return {largest + std::log(sums.exponentials), std::sqrt(variance)};
}

/// In double, for what the kernels' float32 does not hold.
ShiftedSums exact_sums(std::span<const float> logits, double largest) {
  ShiftedSums all;
  for (const float value : logits) {
    const double shifted = value - largest;
    all.exponentials += std::exp(shifted);
    all.values += shifted;
    all.squares += shifted * shifted;
  }
  return all;
}

void check(std::span<const float> logits) {
  if (!std::all_of(logits.begin(), logits.end(), [](float value) { return std::isfinite(value); })) refuse_logits();
}

/// Of all logits, banned or not.
Statistics statistics(std::span<const float> logits) {
  float largest = logits[0];
  for (size_t first = 0; first < logits.size(); first += kScanBlock) {
    const float* block = logits.data() + first;
    const auto length = std::min<int64_t>(kScanBlock, static_cast<int64_t>(logits.size() - first));
    largest = std::max(largest, largest_sum(block, block, 0, length));
  }
  ShiftedSums sums = shifted_sums(logits, -largest);
  if (!std::isfinite(sums.squares) || !std::isfinite(sums.exponentials)) {
    check(logits);
    largest = *std::max_element(logits.begin(), logits.end());
    sums = exact_sums(logits, largest);
  }
  return statistics(sums, largest, logits.size());
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
  if (logits.empty()) throw EngineError(DSOCR_INTERNAL, "The model gave no logits.");
  const Statistics all = statistics(logits);
  const TopTwo top = top_two(logits, banned);
  if (top.best < 0) refuse_bans(static_cast<int64_t>(logits.size()));
  const double best = logits[static_cast<size_t>(top.best)];
  Choice choice;
  choice.id = static_cast<int32_t>(top.best);
  choice.log_probability = static_cast<float>(best - all.log_sum_exp);
  if (top.second >= 0 && all.deviation > 0) {
    choice.margin = static_cast<float>((best - logits[static_cast<size_t>(top.second)]) / all.deviation);
  }
  return choice;
}

}  // namespace deepseekocr::operations
