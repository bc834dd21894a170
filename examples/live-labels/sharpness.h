// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>

namespace live_labels {

/// Mean squared difference of neighbouring pixels, plus one: high for a sharp picture, low for a blurred one.
/// @param luma first byte of the plane, `stride` bytes from row to row
double sharpness_of(const uint8_t* luma, int width, int height, int stride);

/// How sharp the latest frames were, by their time.  Thread-safe.
class SharpnessLog {
 public:
  static constexpr size_t kSize = 512;

  void add(uint64_t time, double sharpness);
  /// 1 for a frame that is not known.
  double find(uint64_t time);

 private:
  struct Entry {
    uint64_t time;
    double sharpness;
  };
  std::mutex mutex_;
  std::deque<Entry> entries_;
};

}  // namespace live_labels
