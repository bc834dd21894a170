// SPDX-License-Identifier: MIT
// The src and text pads: their tasks, events and queries.
#include "deepseekocr/element.h"
#include "deepseekocr/loading.h"
#include "deepseekocr/metadata.h"
#include "deepseekocr/text_format.h"
#include "deepseekocr/timing/grouping.h"

namespace deepseekocr::plugin {
namespace {

/// Pushes frames whose reading has come.
void video_loop(gpointer data) {
  GstPad* pad = GST_PAD(data);
  const ElementPtr element(gst_pad_get_parent_element(pad));
  const auto session = element != nullptr ? session_of(GST_DEEPSEEK_OCR(element.get())) : nullptr;
  Delivery delivery;
  bool stalled = false;
  auto frame = session != nullptr ? session->take_frame(&delivery, &stalled) : std::nullopt;
  if (stalled) {
    read_group(GST_DEEPSEEK_OCR(element.get()), session);
    return;
  }
  if (!frame) {
    gst_pad_pause_task(pad);
    return;
  }
  if (frame->event != nullptr) {
    gst_pad_push_event(pad, frame->event.release());
    session->event_pushed();
    return;
  }
  delivery.changed = delivery.changed && frame->own;
  BufferPtr buffer = attach_delivery(std::move(frame->buffer), delivery);
  session->frame_pushed(gst_pad_push(pad, buffer.release()));
}

/// A reading that failed is a warning for its frame; a model that failed to load was an error already.
void report_failure(GstDeepseekOcr* self, const Slot& slot) {
  const Reading& reading = *slot.reading;
  if (reading.finish_reason != DSOCR_FINISH_ERROR || reading.status == DSOCR_CLOSED) return;
  GST_ELEMENT_WARNING_WITH_DETAILS(
      self, STREAM, FAILED, ("Frame %" G_GUINT64_FORMAT " was not read: %s.", slot.frame.number, reading.error.c_str()),
      (nullptr),
      ("frame-number", G_TYPE_UINT64, slot.frame.number, "pts", G_TYPE_UINT64, slot.frame.pts, "status", G_TYPE_INT,
       static_cast<gint>(reading.status), nullptr));
}

void post_reading(GstDeepseekOcr* self, const Slot& slot, bool changed) {
  if (!slot.settings->post_messages || slot.reading->finish_reason == DSOCR_FINISH_CANCELLED) return;
  GstStructure* structure = reading_structure(slot.frame, *slot.reading, *slot.settings, changed).release();
  gst_structure_set_name(structure, "deepseekocr");
  gst_structure_set(structure, "timestamp", G_TYPE_UINT64, slot.frame.pts, "duration", G_TYPE_UINT64,
                    slot.frame.duration, nullptr);
  if (!slot.reading->error.empty())
    gst_structure_set(structure, "error", G_TYPE_STRING, slot.reading->error.c_str(), nullptr);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), structure));
}

GstFlowReturn send_text(GstDeepseekOcr* self, Session& session, TextItem item) {
  TextStream& text = self->impl->text;
  if (item.event != nullptr) return text.send_event(std::move(item.event));
  if (item.slot == nullptr && item.start != kNoTime) return text.send_gap(item.start, item.end);
  if (item.nudge) return text.send_nudge();
  if (item.reached != kNoTime) return text.reach(item.reached);
  if (item.slot == nullptr) return text.send_cue();
  const bool live = session.is_live();
  if (item.continuation) return text.send_reading(item, live, false);
  const bool changed = text.is_changed(*item.slot->reading);
  report_failure(self, *item.slot);
  report_drop(self, session, *item.slot);
  report_delay(self, *item.slot, live);
  post_reading(self, *item.slot, changed);
  return text.send_reading(item, live, changed);
}

/// Sends readings, gaps and events in order.
void text_loop(gpointer data) {
  GstPad* pad = GST_PAD(data);
  const ElementPtr element(gst_pad_get_parent_element(pad));
  GstDeepseekOcr* self = element != nullptr ? GST_DEEPSEEK_OCR(element.get()) : nullptr;
  const auto session = self != nullptr ? session_of(self) : nullptr;
  const TextStream* text = self != nullptr ? &self->impl->text : nullptr;
  auto item = session != nullptr ? session->take_text(text->keeps_cue(), text->is_eager()) : std::nullopt;
  if (!item) {
    gst_pad_pause_task(pad);
    return;
  }
  if (item->stalled) {
    read_group(self, session);
    return;
  }
  session->set_text_flow(send_text(self, *session, std::move(*item)));
}

gboolean activate_mode(GstPad* pad, GstObject* parent, GstTaskFunction loop, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  const auto session = session_of(GST_DEEPSEEK_OCR(parent));
  if (active) return session == nullptr || gst_pad_start_task(pad, loop, pad, nullptr);
  if (session != nullptr) session->flush_start();
  return gst_pad_stop_task(pad);
}

/// A seek that arrives on both pads goes upstream once.
gboolean forward_seek(GstDeepseekOcr* self, GstEvent* event) {
  const guint32 seqnum = gst_event_get_seqnum(event);
  GST_OBJECT_LOCK(self);
  const bool repeated = self->impl->last_seek_seqnum == seqnum;
  self->impl->last_seek_seqnum = seqnum;
  GST_OBJECT_UNLOCK(self);
  if (repeated) {
    gst_event_unref(event);
    return TRUE;
  }
  const gboolean result = gst_pad_push_event(self->sink_pad, event);
  if (!result) {
    GST_OBJECT_LOCK(self);
    self->impl->last_seek_seqnum = GST_SEQNUM_INVALID;
    GST_OBJECT_UNLOCK(self);
  }
  return result;
}

/// Upstream's latency and, behind a live source, what this pad adds to it: frames that are held for their reading, and
/// the time that texts were promised to take.
gboolean answer_latency(GstDeepseekOcr* self, GstPad* pad, GstQuery* query) {
  if (!gst_pad_peer_query(self->sink_pad, query)) return FALSE;
  gboolean live = FALSE;
  GstClockTime min = 0, max = GST_CLOCK_TIME_NONE;
  gst_query_parse_latency(query, &live, &min, &max);
  if (!live) return TRUE;
  if (const auto session = session_of(self)) session->set_upstream_latency(min);
  const Settings settings = copy_settings(self);
  GstClockTime own = 0;
  if (pad == self->text_pad)
    own = settings.timing.latency_ms * GST_MSECOND;
  else if (settings.attach == Attach::kExact)
    own = settings.max_hold_ms * GST_MSECOND;
  gst_query_set_latency(query, live, min + own, GST_CLOCK_TIME_IS_VALID(max) ? max + own : max);
  return TRUE;
}

gboolean answer_text_caps(GstDeepseekOcr* self, GstQuery* query) {
  GstCaps* filter = nullptr;
  gst_query_parse_caps(query, &filter);
  CapsPtr caps = text_caps(copy_settings(self).text_format);
  if (filter != nullptr) caps.reset(gst_caps_intersect_full(filter, caps.get(), GST_CAPS_INTERSECT_FIRST));
  gst_query_set_caps_result(query, caps.get());
  return TRUE;
}

}  // namespace

gboolean video_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  return activate_mode(pad, parent, video_loop, mode, active);
}

gboolean text_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  return activate_mode(pad, parent, text_loop, mode, active);
}

void start_tasks(GstDeepseekOcr* self) {
  gst_pad_start_task(self->video_pad, video_loop, self->video_pad, nullptr);
  gst_pad_start_task(self->text_pad, text_loop, self->text_pad, nullptr);
}

void pause_tasks(GstDeepseekOcr* self) {
  gst_pad_pause_task(self->video_pad);
  gst_pad_pause_task(self->text_pad);
}

gboolean source_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(parent);
  const bool is_text = pad == self->text_pad;
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_SEEK:
      return forward_seek(self, event);
    case GST_EVENT_QOS:
    case GST_EVENT_RECONFIGURE:
      if (!is_text) break;
      gst_event_unref(event);  // frames have nothing to do with how text is consumed
      return TRUE;
    default:
      break;
  }
  return gst_pad_event_default(pad, parent, event);
}

gboolean source_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(parent);
  if (answer_context_query(self, query)) return TRUE;
  if (GST_QUERY_TYPE(query) == GST_QUERY_LATENCY) return answer_latency(self, pad, query);
  if (GST_QUERY_TYPE(query) == GST_QUERY_CAPS && pad == self->text_pad) return answer_text_caps(self, query);
  return gst_pad_query_default(pad, parent, query);
}

}  // namespace deepseekocr::plugin
