// SPDX-License-Identifier: MIT
// Greedy sampling rules: which ids are banned at a step, and when an answer is a loop (specification 5.2, 5.3, 9.22).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace deepseekocr {

/// The no-repeat n-gram rule of a request.
struct NgramRule {
  int size = 0;                    ///< 0: off; else >= 2
  int window = 0;                  ///< 0: classic rule over prompt and answer (5.2); else tokens of the answer (5.3)
  std::vector<int32_t> whitelist;  ///< never banned
};

/// Ids that may not come next.  Deterministic, each id once, in the order found.
/// @param prompt all input ids, image ids included; only the classic rule looks at them
/// @param answer ids generated so far
std::vector<int32_t> banned_ids(const NgramRule& rule, std::span<const int32_t> prompt,
                                std::span<const int32_t> answer);

/// Watches the ids of one answer for short periods: the same p ids (p <= 32) again and again.  Constant time and memory
/// per id.  Speaks up late on purpose: after at least 128 ids and 24 periods, so that dot leaders, ruled lines and the
/// empty rows of a table pass.
class LoopDetector {
 public:
  static constexpr size_t kMaxPeriod = 32;

  /// Adds an id.  @return the number of ids to keep if the answer is now a loop (one period stays), else nothing.
  std::optional<size_t> push(int32_t id);

 private:
  bool is_loop(size_t period) const;

  size_t count_ = 0;
  std::array<int32_t, kMaxPeriod> recent_{};   // the last ids; id number i lies at i % kMaxPeriod
  std::array<size_t, kMaxPeriod> repeated_{};  // by period - 1: how many ids in a row equal the one a period before
};

}  // namespace deepseekocr
