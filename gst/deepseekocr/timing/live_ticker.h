// SPDX-License-Identifier: MIT
// The pipeline clock as a pulse for text positions: they move on also while no frame comes.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <mutex>

namespace deepseekocr::plugin {

/// Thread-safe.
class LiveTicker {
 public:
  /// Called from the clock's thread with the running time that has come, nanoseconds.  Must not block.
  using Tick = std::function<void(uint64_t running_time)>;

  LiveTicker() = default;
  ~LiveTicker() { stop(); }
  LiveTicker(const LiveTicker&) = delete;
  LiveTicker& operator=(const LiveTicker&) = delete;

  /// Begins: `tick` is called every kInterval of the clock of `element` until stop().  Without a clock nothing happens.
  void start(GstElement* element, Tick tick);
  /// Returns at once; a call that is under way may still end after it.
  void stop();

  /// Half of what downstream may wait for, so that a late pulse is still in time.
  static constexpr GstClockTime kInterval = 50 * GST_MSECOND;

 private:
  std::mutex mutex_;  // guards id_; a leaf
  GstClockID id_ = nullptr;
};

}  // namespace deepseekocr::plugin
