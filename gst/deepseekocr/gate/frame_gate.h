// SPDX-License-Identifier: MIT
// Decides which frames are worth a reading: interval, rate, blank, unchanged, in this order.  No GStreamer here.
#pragma once

#include <cstdint>
#include <memory>

#include "deepseekocr/gate/luma_view.h"
#include "deepseekocr/gate/verdict.h"

namespace deepseekocr::plugin {

/// What the properties say.  May differ from frame to frame.
struct GateSettings {
  uint32_t inference_interval = 1; /**< 1: every frame */
  double max_rate = 0;             /**< readings a second of stream time; 0: no limit */
  bool skip_blank = true;          /**< judge frames without text-like detail kBlank */
  uint32_t change_threshold = 3;   /**< distance from which a frame is new; 0: every frame is */
  bool needs_detail = false;       /**< the rectangle and the sharpness are wanted, whatever is skipped */

  bool defers_reference = false; /**< a frame judged kRead is compared with only once accept_candidate() says so */

  /// Whether pixels are looked at at all.
  bool looks_at_pixels() const { return skip_blank || change_threshold > 0 || needs_detail; }
};

/// Not thread-safe.  Two steps, so that the pixels of a frame that is not due are never touched:
///
///   Verdict verdict = gate.schedule(settings, pts);
///   if (verdict.decision == Decision::kRead) verdict = gate.examine(settings, luma, x, y);
class FrameGate {
 public:
  FrameGate();
  ~FrameGate();
  FrameGate(FrameGate&&) noexcept;
  FrameGate& operator=(FrameGate&&) noexcept;
  FrameGate(const FrameGate&) = delete;
  FrameGate& operator=(const FrameGate&) = delete;

  /// Forgets everything: new segment, other caps, flush.  The next frame is due, and new.
  void reset();

  /// Forgets what was read, not the schedule: the next frame with detail is judged kRead.  For a reading that came to
  /// nothing, and for settings that make the last one no answer any more.
  void forget_reading();

  /// Counts one frame in.  @param pts  nanoseconds, UINT64_MAX where unknown (then no rate limit holds).
  /// @return kRead (due, look at the pixels), kInterval or kRate.
  Verdict schedule(const GateSettings& settings, uint64_t pts);

  /// Looks at the pixels of a frame that is due.  A frame judged kRead is what later ones are compared with.
  /// @param luma  the area that is read
  /// @param x,y   where the area lies in the frame, pixels
  /// @return kRead, kBlank or kUnchanged.
  Verdict examine(const GateSettings& settings, const LumaView& luma, int32_t x, int32_t y);

  /// With GateSettings::defers_reference: the frame examined last may become the one that is read.
  void keep_candidate();
  /// The frame kept last is read: later ones are compared with it.
  void accept_candidate();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace deepseekocr::plugin
