// SPDX-License-Identifier: MIT
// Where one run of frames with the same writing ends and the next begins.  No GStreamer here.
#pragma once

#include <cstdint>
#include <deque>

#include "deepseekocr/gate/luma_view.h"
#include "deepseekocr/gate/verdict.h"
#include "deepseekocr/reading.h"
#include "deepseekocr/timing/text_tracker.h"

namespace deepseekocr::plugin {

/// The gate asks whether a frame may read otherwise than the last one, and errs towards reading; a run of frames asks
/// whether it is the same writing, whatever moves behind it.  What moves is told from what stands by frames that follow
/// each other quickly.  Where they do not, because of inference-interval, max-rate or the video's own rate, the gate's
/// word holds: a text may come and go between two of them.  Not thread-safe.
class GroupTracker {
 public:
  struct Place {
    Decision decision = Decision::kRead; /**< kRead: a new run begins */
    uint64_t since = kNoTime;            /**< stream time at which it began, where that was before this frame */
  };

  /// Forgets everything: there is no frame before the next one.
  void reset();

  /// @param decision  of the gate, for a frame whose pixels it looked at: kRead, kUnchanged or kBlank
  /// @param view      the area that is read
  /// @param time      stream time of the frame
  Place place(Decision decision, const LumaView& view, uint64_t time);

  /// Longest time between two frames, nanoseconds, for which they are seen as motion.
  static constexpr uint64_t kLongestStep = 150'000'000;

 private:
  bool follows_quickly(uint64_t time) const;

  TextTracker writing_;
  std::deque<uint64_t> times_; /**< of the last frames with writing; kNoTime: unknown */
};

}  // namespace deepseekocr::plugin
