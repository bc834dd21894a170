// SPDX-License-Identifier: MIT
// At most one message in an interval.
#pragma once

#include <cstdint>
#include <optional>

namespace deepseekocr::plugin {

/// Not thread-safe.
class MessageLimit {
 public:
  /// @param interval  nanoseconds between two permissions at least.
  explicit MessageLimit(uint64_t interval) : interval_(interval) {}

  /// @param now  monotonic clock, nanoseconds.
  /// @return whether one may go now; the interval then begins anew.
  bool permits(uint64_t now) {
    if (last_ && now < *last_ + interval_) return false;
    last_ = now;
    return true;
  }

 private:
  uint64_t interval_;
  std::optional<uint64_t> last_;
};

}  // namespace deepseekocr::plugin
