// SPDX-License-Identifier: MIT
// How late live results come, and when somebody should be told.
#pragma once

#include <cstdint>

#include "deepseekocr/timing/message_limit.h"

namespace deepseekocr::plugin {

/// Not thread-safe.  Times in nanoseconds.
class DelayMonitor {
 public:
  struct Verdict {
    bool new_maximum = false;
    bool excessive = false; /**< later than promised, and a warning is due */
  };

  /// A live result came `delay` after its frame.
  /// @param promised  what was declared; 0: nothing was, so nothing is excessive.
  /// @param now       monotonic clock.
  Verdict observe(uint64_t delay, uint64_t promised, uint64_t now);

  /// Largest delay so far; 0: none was observed.
  uint64_t maximum() const { return maximum_; }

 private:
  static constexpr uint64_t kWarningInterval = 1'000'000'000;

  uint64_t maximum_ = 0;
  uint64_t warned_ = 0; /**< largest delay that was warned of */
  MessageLimit warnings_{kWarningInterval};
};

}  // namespace deepseekocr::plugin
