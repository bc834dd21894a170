// SPDX-License-Identifier: MIT
//
// pdfdec: queries and seeks.  TIME is stream time; DEFAULT counts the selected pages from 0.
#include "gstpdfdecprivate.h"

#define GST_CAT_DEFAULT gst_pdf_dec_debug

using pdfdec::PageTimeline;
using pdfdec::Session;

// ---- Queries
// ---------------------------------------------------------------------------------------------------------

// Of the open document; empty while none is open.
static std::optional<PageTimeline> get_timeline(GstPdfDec* self) {
  GST_OBJECT_LOCK(self);
  const auto timeline = self->state->timeline;
  GST_OBJECT_UNLOCK(self);
  return timeline;
}

static GstSegment get_segment(GstPdfDec* self) {
  GST_OBJECT_LOCK(self);
  const GstSegment segment = self->state->segment;
  GST_OBJECT_UNLOCK(self);
  return segment;
}

// Converts between the two formats.  −1 (no time, no page) stays −1.
static bool convert(const PageTimeline& timeline, GstFormat from, gint64 value, GstFormat to, gint64* result) {
  *result = value;
  if (from == to) return from == GST_FORMAT_TIME || from == GST_FORMAT_DEFAULT;
  if (value < 0) return value == -1;
  if (from == GST_FORMAT_TIME && to == GST_FORMAT_DEFAULT) {
    *result = static_cast<gint64>(timeline.position_at(static_cast<GstClockTime>(value)));
    return true;
  }
  if (from == GST_FORMAT_DEFAULT && to == GST_FORMAT_TIME) {
    *result = static_cast<gint64>(timeline.start_of(static_cast<uint64_t>(value)));
    return true;
  }
  return false;
}

static bool answer_duration(const PageTimeline& timeline, GstQuery* query) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_duration(query, &format, nullptr);
  gint64 duration = 0;
  if (!convert(timeline, GST_FORMAT_DEFAULT, static_cast<gint64>(timeline.page_count()), format, &duration))
    return false;
  gst_query_set_duration(query, format, duration);
  return true;
}

static bool answer_position(const PageTimeline& timeline, const GstSegment& segment, GstQuery* query) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_position(query, &format, nullptr);
  gint64 position = 0;
  if (!convert(timeline, GST_FORMAT_TIME, static_cast<gint64>(segment.position), format, &position)) return false;
  gst_query_set_position(query, format, position);
  return true;
}

static bool answer_seeking(const PageTimeline& timeline, GstQuery* query) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_query_parse_seeking(query, &format, nullptr, nullptr, nullptr);
  gint64 end = 0;
  const bool known = convert(timeline, GST_FORMAT_DEFAULT, static_cast<gint64>(timeline.page_count()), format, &end);
  gst_query_set_seeking(query, format, known, 0, known ? end : -1);
  return true;
}

static bool answer_convert(const PageTimeline& timeline, GstQuery* query) {
  GstFormat from = GST_FORMAT_UNDEFINED;
  GstFormat to = GST_FORMAT_UNDEFINED;
  gint64 value = 0;
  gst_query_parse_convert(query, &from, &value, &to, nullptr);
  gint64 result = 0;
  if (!convert(timeline, from, value, to, &result)) return false;
  gst_query_set_convert(query, from, value, to, result);
  return true;
}

static bool answer_segment(const GstSegment& segment, GstQuery* query) {
  const auto start = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, segment.start);
  const auto stop = GST_CLOCK_TIME_IS_VALID(segment.stop)
                        ? gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, segment.stop)
                        : segment.duration;
  gst_query_set_segment(query, segment.rate, GST_FORMAT_TIME, static_cast<gint64>(start), static_cast<gint64>(stop));
  return true;
}

gboolean gst_pdf_dec_src_query(GstPad* pad, GstObject* parent, GstQuery* query) {
  GstPdfDec* self = GST_PDF_DEC(parent);
  const auto timeline = get_timeline(self);
  switch (GST_QUERY_TYPE(query)) {
    // Never asked of upstream, whose bytes are no pages.
    case GST_QUERY_DURATION:
      return timeline.has_value() && answer_duration(*timeline, query);
    case GST_QUERY_POSITION:
      return timeline.has_value() && answer_position(*timeline, get_segment(self), query);
    case GST_QUERY_SEEKING:
      return timeline.has_value() && answer_seeking(*timeline, query);
    case GST_QUERY_CONVERT:
      return timeline.has_value() && answer_convert(*timeline, query);
    case GST_QUERY_SEGMENT:
      return timeline.has_value() && answer_segment(get_segment(self), query);
    default:
      return gst_pad_query_default(pad, parent, query);
  }
}

// ---- Seeks
// -----------------------------------------------------------------------------------------------------------

struct SeekRequest {
  gdouble rate = 1.0;
  GstSeekFlags flags = GST_SEEK_FLAG_NONE;
  GstSeekType start_type = GST_SEEK_TYPE_NONE;
  GstSeekType stop_type = GST_SEEK_TYPE_NONE;
  gint64 start = 0;  // stream time
  gint64 stop = 0;   // stream time
  guint32 seqnum = 0;

  bool flushes() const { return (flags & GST_SEEK_FLAG_FLUSH) != 0; }
};

// False where the seek cannot be done: other formats, backwards.
static bool parse_seek(const PageTimeline& timeline, GstEvent* event, SeekRequest* request) {
  GstFormat format = GST_FORMAT_UNDEFINED;
  gst_event_parse_seek(event, &request->rate, &format, &request->flags, &request->start_type, &request->start,
                       &request->stop_type, &request->stop);
  request->seqnum = gst_event_get_seqnum(event);
  return request->rate > 0 && convert(timeline, format, request->start, GST_FORMAT_TIME, &request->start) &&
         convert(timeline, format, request->stop, GST_FORMAT_TIME, &request->stop);
}

// A key unit is a page: moves the start of `segment` to the start of one.
static void snap_to_page(const PageTimeline& timeline, GstSeekFlags flags, GstSegment* segment) {
  if ((flags & GST_SEEK_FLAG_KEY_UNIT) == 0) return;
  uint64_t position = timeline.position_at(segment->position);
  const GstClockTime into_page = segment->position - timeline.start_of(position);
  const auto snap = flags & GST_SEEK_FLAG_SNAP_NEAREST;  // both bits: to the nearest
  const bool later = snap == GST_SEEK_FLAG_SNAP_AFTER
                         ? into_page > 0
                         : snap == GST_SEEK_FLAG_SNAP_NEAREST && into_page > timeline.page_duration() / 2;
  if (later) ++position;
  segment->position = segment->start = segment->time = timeline.start_of(position);
}

// Called with the stream lock of the worker's pad, so the worker rests.
static void move_session(GstPdfDec* self, Session* session, const PageTimeline& timeline, const SeekRequest& request) {
  GstSegment segment = get_segment(self);
  gboolean moved = FALSE;
  gst_segment_do_seek(&segment, request.rate, GST_FORMAT_TIME, request.flags, request.start_type,
                      static_cast<guint64>(request.start), request.stop_type, static_cast<guint64>(request.stop),
                      &moved);
  if (moved) snap_to_page(timeline, request.flags, &segment);
  GST_OBJECT_LOCK(self);
  self->state->segment = segment;
  GST_OBJECT_UNLOCK(self);
  session->next = timeline.position_at(segment.position);
  session->seqnum = request.seqnum;
  session->segment_pending = true;
  session->discont = true;
}

static gboolean perform_seek(GstPdfDec* self, GstEvent* event) {
  const auto timeline = get_timeline(self);
  SeekRequest request;
  if (!timeline.has_value() || !parse_seek(*timeline, event, &request)) {
    GST_INFO_OBJECT(self, "cannot do %" GST_PTR_FORMAT, static_cast<void*>(event));
    return FALSE;
  }
  GST_OBJECT_LOCK(self);
  GstPad* worker_pad = self->state->worker_pad;
  GST_OBJECT_UNLOCK(self);
  if (worker_pad == nullptr) return FALSE;

  // Upstream is not flushed: a read that fails in the middle of a page would leave Poppler with a document that it
  // takes for a damaged one.  So the seek waits for the page that is being drawn.
  if (request.flushes()) {
    GstEvent* flush = gst_event_new_flush_start();
    gst_event_set_seqnum(flush, request.seqnum);
    gst_pad_push_event(self->srcpad, flush);
  }
  gst_pad_pause_task(worker_pad);
  GST_PAD_STREAM_LOCK(worker_pad);
  GST_OBJECT_LOCK(self);
  self->state->waits_for_link = false;
  GST_OBJECT_UNLOCK(self);
  if (request.flushes()) {
    GstEvent* flush = gst_event_new_flush_stop(TRUE);
    gst_event_set_seqnum(flush, request.seqnum);
    gst_pad_push_event(self->srcpad, flush);
  }
  const bool open =
      !GST_PAD_IS_FLUSHING(worker_pad) && self->state->session != nullptr && self->state->session->document != nullptr;
  if (open) {
    move_session(self, self->state->session.get(), *timeline, request);
    gst_pad_start_task(worker_pad, gst_pdf_dec_loop, self, nullptr);
  }
  GST_PAD_STREAM_UNLOCK(worker_pad);
  return open;
}

// Linking anywhere downstream sends a RECONFIGURE event up to here.
static void note_link(GstPdfDec* self) {
  GST_OBJECT_LOCK(self);
  self->state->relinked = true;
  GstPad* worker_pad = self->state->waits_for_link ? self->state->worker_pad : nullptr;
  self->state->waits_for_link = false;
  GST_OBJECT_UNLOCK(self);
  if (worker_pad != nullptr && !GST_PAD_IS_FLUSHING(worker_pad)) {
    gst_pad_start_task(worker_pad, gst_pdf_dec_loop, self, nullptr);
  }
}

gboolean gst_pdf_dec_src_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  if (GST_EVENT_TYPE(event) == GST_EVENT_SEEK) {
    const gboolean done = perform_seek(GST_PDF_DEC(parent), event);
    gst_event_unref(event);
    return done;
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_RECONFIGURE) {
    note_link(GST_PDF_DEC(parent));
    gst_event_unref(event);
    return TRUE;
  }
  if (GST_EVENT_TYPE(event) == GST_EVENT_QOS) {  // of no use: every page is wanted
    gst_event_unref(event);
    return TRUE;
  }
  return gst_pad_event_default(pad, parent, event);
}
