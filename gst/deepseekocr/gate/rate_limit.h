// SPDX-License-Identifier: MIT
// So many frames a second, by their time stamps.
#pragma once

#include <cstdint>

namespace deepseekocr::plugin {

/// Not thread-safe.  Frames fall into slots of 1/rate seconds from the first frame on; the first frame of each slot is
/// due.  So the mean is the rate whatever the distances of the frames, and a late frame does not shift those after it.
class RateLimit {
 public:
  void reset() { begun_ = false; }

  /// @param pts       nanoseconds; kNoTime: always due
  /// @param max_rate  frames a second, 0: no limit
  bool is_due(uint64_t pts, double max_rate);

 private:
  bool begun_ = false;
  double rate_ = 0;     /**< that the slots were laid out for */
  uint64_t origin_ = 0; /**< time of the first frame */
  uint64_t slot_ = 0;   /**< of the last frame that was due */
};

}  // namespace deepseekocr::plugin
