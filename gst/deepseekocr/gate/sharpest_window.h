// SPDX-License-Identifier: MIT
// The span of frames of which sharpest-of reads one.  No GStreamer here.
#pragma once

#include <cstdint>

namespace deepseekocr::plugin {

/// Not thread-safe.
class SharpestWindow {
 public:
  /// What ends a window; 0: does not.
  struct Limits {
    uint64_t length = 0; /**< nanoseconds from its first frame */
    uint32_t frames = 0;
    uint64_t bytes = 0;
  };

  bool is_open() const { return frames_ > 0; }

  /// Whether the window is open and a frame of `size` bytes at `pts` comes after its end.  Without times each frame
  /// does.
  bool ends_before(uint64_t pts, uint64_t size, const Limits& limits) const;

  /// Adds a frame; opens a window where none is.  @return whether it is the sharpest so far
  bool add(uint64_t pts, uint64_t size, uint32_t sharpness);

  /// Adds a frame that cannot be chosen to an open window.
  void pass(uint64_t size);

  void close() { *this = SharpestWindow(); }

 private:
  uint64_t start_ = 0, bytes_ = 0;
  uint32_t frames_ = 0, sharpest_ = 0;
};

}  // namespace deepseekocr::plugin
