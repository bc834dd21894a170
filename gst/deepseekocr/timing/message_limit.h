// SPDX-License-Identifier: MIT
// At most one message in an interval.
#pragma once

#include <cstdint>

namespace deepseekocr::plugin {

/// Not thread-safe.
class MessageLimit {
 public:
  /// @param interval  nanoseconds between two permissions at least.
  explicit MessageLimit(uint64_t interval) : interval_(interval) {}

  /// @param now  monotonic clock, nanoseconds.
  /// @return whether one may go now; the interval then begins anew.
  bool permits(uint64_t now) {
    if (now < next_) return false;
    next_ = now + interval_;
    return true;
  }

 private:
  uint64_t interval_;
  uint64_t next_ = 0; /**< time of the next permission */
};

}  // namespace deepseekocr::plugin
