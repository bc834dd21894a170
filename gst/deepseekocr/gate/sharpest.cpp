// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/sharpest.h"

#include <algorithm>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// Limits of a window whose frames are held back, well below those of what may be held: frames of the window before may
/// still wait for their reading.
constexpr uint32_t kHeldFrames = 24;
constexpr uint64_t kHeldBytes = uint64_t{96} << 20;

SharpestWindow::Limits limits_of(const SinkState& sink, const Settings& settings) {
  SharpestWindow::Limits limits;
  limits.length = uint64_t{settings.sharpest_of_ms} * GST_MSECOND;
  if (!sink.exact) return limits;
  const uint64_t half_hold = uint64_t{settings.max_hold_ms} * GST_MSECOND / 2;
  limits.length = std::max<uint64_t>(1, std::min(limits.length, half_hold));
  limits.frames = kHeldFrames;
  limits.bytes = kHeldBytes;
  return limits;
}

}  // namespace

bool end_window_before(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, uint64_t pts, uint64_t size) {
  const SinkState& sink = self->impl->sink;
  if (!sink.window.is_open()) return true;
  const SharpestWindow::Limits limits = limits_of(sink, *sink.sharpest->slot->settings);
  return !sink.window.ends_before(pts, size, limits) || end_window(self, session);
}

bool end_window(GstDeepseekOcr* self, const std::shared_ptr<Session>& session) {
  SinkState& sink = self->impl->sink;
  sink.window.close();
  if (!sink.sharpest) return true;
  sink.gate.accept_candidate();
  Submission chosen = std::move(*sink.sharpest);
  sink.sharpest.reset();
  return admit_frame(self, session, std::move(chosen));
}

SlotPtr collect_frame(GstDeepseekOcr* self, Submission candidate, const Verdict& verdict) {
  SinkState& sink = self->impl->sink;
  const FrameInfo frame = candidate.slot->frame;
  const uint64_t size = gst_buffer_get_size(candidate.buffer.get());
  if (sink.window.add(frame.pts, size, verdict.sharpness)) {
    sink.gate.keep_candidate();
    if (sink.sharpest) candidate.slot = sink.sharpest->slot;  // frames of the window wait for it
    candidate.slot->frame = frame;
    sink.sharpest = std::move(candidate);
  }
  return sink.sharpest->slot;
}

}  // namespace deepseekocr::plugin
