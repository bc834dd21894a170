// SPDX-License-Identifier: MIT
// What is said about results that come late or not at all.
#include "deepseekocr/element.h"

namespace deepseekocr::plugin {

void report_delay(GstDeepseekOcr* self, const Slot& slot, bool live) {
  if (!live || !slot.reading->usable()) return;
  const uint64_t delay = slot.reading->latency;
  GST_OBJECT_LOCK(self);
  const TimingSettings& timing = self->impl->settings.timing;
  const uint64_t promised = (uint64_t{timing.latency_ms} + timing.lateness_ms) * GST_MSECOND;
  const DelayMonitor::Verdict verdict = self->impl->delay.observe(delay, promised, monotonic_now());
  GST_OBJECT_UNLOCK(self);
  if (verdict.new_maximum) g_object_notify(G_OBJECT(self), "max-observed-delay");
  if (!verdict.excessive) return;
  GstStructure* details = gst_structure_new("deepseekocr/excessive-delay", "new-observed-max-delay", G_TYPE_UINT64,
                                            delay, "promised-delay", G_TYPE_UINT64, promised, nullptr);
  gst_element_message_full_with_details(
      GST_ELEMENT(self), GST_MESSAGE_WARNING, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
      g_strdup_printf("A text came %" G_GUINT64_FORMAT " ms after its frame, later than the %" G_GUINT64_FORMAT
                      " ms of latency and lateness; raise one of them or read less often.",
                      delay / GST_MSECOND, promised / GST_MSECOND),
      nullptr, __FILE__, GST_FUNCTION, __LINE__, details);
}

void report_drop(GstDeepseekOcr* self, Session& session, const Slot& slot) {
  if (slot.reading->finish_reason != DSOCR_FINISH_CANCELLED) return;
  GST_OBJECT_LOCK(self);
  const bool wanted = self->impl->settings.timing.qos;
  GST_OBJECT_UNLOCK(self);
  if (!wanted || !self->impl->qos_messages.permits(monotonic_now())) return;
  const Counters counters = session.snapshot().counters;
  const FrameInfo& frame = slot.frame;
  GstMessage* message = gst_message_new_qos(GST_OBJECT(self), session.is_live(), frame.running_time, frame.stream_time,
                                            frame.pts, frame.duration);
  const auto late = static_cast<gint64>(monotonic_now() - frame.arrived);
  gst_message_set_qos_values(message, late, 1.0, 1000000);
  gst_message_set_qos_stats(message, GST_FORMAT_BUFFERS, counters.readings(), counters.dropped);
  gst_element_post_message(GST_ELEMENT(self), message);
}

}  // namespace deepseekocr::plugin
