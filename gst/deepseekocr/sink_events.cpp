// SPDX-License-Identifier: MIT
// Events and queries of the sink pad.
#include "deepseekocr/element.h"
#include "deepseekocr/gate/sharpest.h"
#include "deepseekocr/timing/grouping.h"

namespace deepseekocr::plugin {
namespace {

/// What the engine takes; the template's caps limit each side alone.
constexpr uint64_t kMaxPixels = uint64_t{1} << 28;

// GStreamer's own macros mix enumerations, which C++20 deprecates.
bool is_serialized(const GstEvent* event) {
  return (static_cast<guint>(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED) != 0;
}
bool is_sticky(const GstEvent* event) {
  return (static_cast<guint>(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_STICKY) != 0;
}
bool is_serialized(const GstQuery* query) {
  return (static_cast<guint>(GST_QUERY_TYPE(query)) & GST_QUERY_TYPE_SERIALIZED) != 0;
}

gboolean push_to_both(GstDeepseekOcr* self, GstEvent* event) {
  gst_pad_push_event(self->text_pad, gst_event_ref(event));
  return gst_pad_push_event(self->video_pad, event);
}

gboolean handle_flush_start(GstDeepseekOcr* self, GstEvent* event) {
  abandon_work(self);
  const gboolean result = push_to_both(self, event);  // first: it frees tasks that are blocked downstream
  pause_tasks(self);
  return result;
}

gboolean handle_flush_stop(GstDeepseekOcr* self, GstEvent* event) {
  const gboolean result = push_to_both(self, event);
  SinkState& sink = self->impl->sink;
  gst_segment_init(&sink.segment, GST_FORMAT_UNDEFINED);
  sink.policy_due = true;
  sink.gate.reset();
  sink.tracker.reset();
  sink.auto_area.reset();
  sink.window.close();
  sink.sharpest.reset();
  self->impl->text.reset(self->text_pad);
  if (const auto session = session_of(self)) session->flush_stop();
  start_tasks(self);
  return result;
}

bool accept_caps(GstDeepseekOcr* self, GstCaps* caps) {
  SinkState& sink = self->impl->sink;
  GST_OBJECT_LOCK(self);
  const bool on_cuda = self->impl->on_cuda;
  const DsocrEngineApi* api = self->impl->api;
  GST_OBJECT_UNLOCK(self);
  FrameAccess access;
  if (!frame_access_of(caps, on_cuda, &access)) {
    if (sink.caps_refused) return false;
    GST_ELEMENT_ERROR(self, STREAM, FORMAT, ("The caps of the frames cannot be read; put a videoconvert before."),
                      ("caps: %" GST_PTR_FORMAT, static_cast<gpointer>(caps)));
    return false;
  }
  const GstVideoInfo& info = access.info;
  const uint64_t pixels = uint64_t(GST_VIDEO_INFO_WIDTH(&info)) * GST_VIDEO_INFO_HEIGHT(&info);
  if (pixels > kMaxPixels) {
    if (sink.caps_refused) return false;
    GST_ELEMENT_ERROR(self, STREAM, FORMAT,
                      ("A frame of %dx%d pixels is larger than the %" G_GUINT64_FORMAT
                       " pixels that can be read; scale or crop it before deepseekocr.",
                       GST_VIDEO_INFO_WIDTH(&info), GST_VIDEO_INFO_HEIGHT(&info), kMaxPixels),
                      (nullptr));
    return false;
  }
  const bool was_interlaced = sink.has_caps && GST_VIDEO_INFO_IS_INTERLACED(&sink.access.info);
  if (GST_VIDEO_INFO_IS_INTERLACED(&info) && !was_interlaced)
    GST_ELEMENT_WARNING(self, STREAM, FORMAT,
                        ("The frames are interlaced and read as they are; put a deinterlace before deepseekocr."),
                        (nullptr));
  sink.access = access;
  sink.api = api;
  sink.look_reported = false;
  sink.has_caps = true;
  sink.caps_refused = false;
  sink.area_reported = false;
  sink.gate.reset();
  sink.tracker.reset();
  sink.auto_area.reset();
  return true;
}

gboolean handle_caps(GstDeepseekOcr* self, GstEvent* event) {
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event, &caps);
  SinkState& sink = self->impl->sink;
  if (!accept_caps(self, caps)) {
    sink.has_caps = false;
    sink.caps_refused = true;  // one ERROR, however often upstream tries
    gst_event_unref(event);
    return FALSE;
  }
  return gst_pad_push_event(self->video_pad, event);
}

/// Frames in CUDA memory need a pool in a context that the model can read.  @return whether the query is about such
bool propose_cuda_memory(GstDeepseekOcr* self, GstQuery* query) {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  FrameAccess access;
  const auto cuda = cuda_context_of(self);
  if (cuda == nullptr || caps == nullptr || !frame_access_of(caps, true, &access) || !access.in_cuda_memory)
    return false;
  cuda->propose_pool(query);
  return true;
}

void start_segment(GstDeepseekOcr* self, Session& session, GstEvent* event) {
  SinkState& sink = self->impl->sink;
  gst_event_copy_segment(event, &sink.segment);
  sink.policy_due = true;
  sink.gate.reset();
  sink.tracker.reset();
  sink.auto_area.reset();
  session.forget_latest();
}

/// No text either while there are no frames.
void queue_gap(GstDeepseekOcr* self, Session& session, GstEvent* event) {
  const GstSegment& segment = self->impl->sink.segment;
  GstClockTime start = GST_CLOCK_TIME_NONE, duration = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event, &start, &duration);
  if (segment.format != GST_FORMAT_TIME || !GST_CLOCK_TIME_IS_VALID(duration)) return;
  const guint64 from = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, start);
  const guint64 to = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, start + duration);
  if (GST_CLOCK_TIME_IS_VALID(from) && GST_CLOCK_TIME_IS_VALID(to) && from < to) session.queue_gap(from, to);
}

/// By how much all texts are shown later than their frames: a choice for live sources alone.
uint64_t lateness(GstDeepseekOcr* self, Session& session) {
  return session.is_live() ? copy_settings(self).timing.lateness_ms * GST_MSECOND : 0;
}

/// The text pad's part of a serialized event: what becomes of it there, behind the readings before it.
void queue_text_event(GstDeepseekOcr* self, Session& session, GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
      session.queue_event(make_text_stream_start(event));
      break;
    case GST_EVENT_SEGMENT:
      session.queue_event(make_text_segment(event, lateness(self, session)));
      break;
    case GST_EVENT_GAP:
      queue_gap(self, session, event);
      break;
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_EOS:
      session.queue_event(EventPtr(gst_event_ref(event)));
      break;
    default:
      break;  // caps, tags and collections are the video's
  }
}

/// Whether an event says something about the text: it ends what is open.
bool concerns_text(const GstEvent* event) {
  switch (GST_EVENT_TYPE(event)) {
    case GST_EVENT_STREAM_START:
    case GST_EVENT_CAPS:
    case GST_EVENT_SEGMENT:
    case GST_EVENT_SEGMENT_DONE:
    case GST_EVENT_GAP:
    case GST_EVENT_EOS:
      return true;
    default:
      return false;
  }
}

/// Serialized events keep their place behind the frames that are held.  The text pad gets them first: a muxer may hold
/// the last frames back until it knows that no more text comes.
gboolean handle_serialized(GstDeepseekOcr* self, const std::shared_ptr<Session>& shared, GstEvent* event) {
  Session& session = *shared;
  if (!concerns_text(event)) {
    EventPtr now = session.hold_event(EventPtr(event));
    return now == nullptr || gst_pad_push_event(self->video_pad, now.release());
  }
  end_window(self, shared);
  end_group(self, shared);
  // A live text position moves on before a first frame has come.
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) ask_upstream(self, session);
  queue_text_event(self, session, event);
  if (!session.drain()) GST_DEBUG_OBJECT(self, "%s while stopped", GST_EVENT_TYPE_NAME(event));
  if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) ++self->impl->sink.stream;
  if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS) return handle_caps(self, event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT) start_segment(self, session, event);
  return gst_pad_push_event(self->video_pad, event);
}

}  // namespace

bool answer_context_query(GstDeepseekOcr* self, GstQuery* query) {
  if (GST_QUERY_TYPE(query) != GST_QUERY_CONTEXT) return false;
  const auto cuda = cuda_context_of(self);
  return cuda != nullptr && cuda->answer(query);
}

void abandon_work(GstDeepseekOcr* self) {
  const auto session = session_of(self);
  const auto client = client_of(self);
  if (session != nullptr) {
    // What is sticky is valid behind the flush too.
    for (const EventPtr& event : session->flush_start())
      if (is_sticky(event.get())) gst_pad_store_sticky_event(self->video_pad, event.get());
  }
  if (client != nullptr) client->cancel(0);
}

gboolean sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(parent);
  GST_LOG_OBJECT(pad, "%" GST_PTR_FORMAT, static_cast<gpointer>(event));
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_START) return handle_flush_start(self, event);
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) return handle_flush_stop(self, event);
  const auto session = session_of(self);
  if (session != nullptr && is_serialized(event)) return handle_serialized(self, session, event);
  return gst_pad_event_default(pad, parent, event);
}

gboolean sink_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(parent);
  // ALLOCATION and DRAIN mean the frames before them.
  if (is_serialized(query)) {
    const auto session = session_of(self);
    if (session != nullptr) read_group(self, session);
    if (session != nullptr && !(end_window(self, session) && session->drain())) return FALSE;
  }
  if (answer_context_query(self, query)) return TRUE;
  const gboolean answered = gst_pad_query_default(pad, parent, query);
  if (GST_QUERY_TYPE(query) != GST_QUERY_ALLOCATION) return answered;
  return propose_cuda_memory(self, query) || answered;
}

/// The video pad alone: caps and allocation of frames have nothing to do with text.
GstIterator* sink_internal_links(GstPad*, GstObject* parent) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_PAD);
  g_value_set_object(&value, GST_DEEPSEEK_OCR(parent)->video_pad);
  GstIterator* iterator = gst_iterator_new_single(GST_TYPE_PAD, &value);
  g_value_unset(&value);
  return iterator;
}

}  // namespace deepseekocr::plugin
