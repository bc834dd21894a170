// SPDX-License-Identifier: MIT
//
// pdfdec: from an open document to buffers and events on the source pad.
#include <cstring>
#include <vector>

#include "gstpdfdecprivate.h"
#include "gstpdfpagemeta.h"

#define GST_CAT_DEFAULT gst_pdf_dec_debug

using pdfdec::PageSize;
using pdfdec::PdfPage;
using pdfdec::Session;

// The format whose pixels are cairo's own; the other one is packed from it.
static constexpr GstVideoFormat kNativeFormat =
    G_BYTE_ORDER == G_LITTLE_ENDIAN ? GST_VIDEO_FORMAT_BGRx : GST_VIDEO_FORMAT_xRGB;

pdfdec::Session::Session() {
  gst_video_info_init(&video_info);
  gst_allocation_params_init(&allocation_params);
}

pdfdec::Session::~Session() {
  gst_clear_object(&allocator);
}

void gst_pdf_dec_push_stream_start(GstPdfDec* self) {
  g_autofree char* stream_id = gst_pad_create_stream_id(self->srcpad, GST_ELEMENT(self), nullptr);
  GstEvent* event = gst_event_new_stream_start(stream_id);
  guint group_id = 0;
  g_autoptr(GstEvent) upstream = gst_pad_get_sticky_event(self->sinkpad, GST_EVENT_STREAM_START, 0);
  if (upstream == nullptr || !gst_event_parse_group_id(upstream, &group_id)) group_id = gst_util_group_id_next();
  gst_event_set_group_id(event, group_id);
  gst_pad_push_event(self->srcpad, event);
}

// ---- Negotiation
// -----------------------------------------------------------------------------------------------------

static GstVideoFormat choose_format(GstPdfDec* self) {
  g_autoptr(GstCaps) allowed = gst_pad_get_allowed_caps(self->srcpad);
  if (allowed == nullptr) return kNativeFormat;  // not linked: the push will tell
  if (gst_caps_is_empty(allowed)) return GST_VIDEO_FORMAT_UNKNOWN;
  g_autoptr(GstCaps) native =
      gst_caps_new_simple("video/x-raw", "format", G_TYPE_STRING, gst_video_format_to_string(kNativeFormat), nullptr);
  return gst_caps_can_intersect(allowed, native) ? kNativeFormat : GST_VIDEO_FORMAT_RGB;
}

// Takes downstream's allocator.  A pool is of no use here: pages differ in size, and each is made once.
static void decide_allocation(GstPdfDec* self, Session* session, GstCaps* caps) {
  gst_clear_object(&session->allocator);
  gst_allocation_params_init(&session->allocation_params);
  g_autoptr(GstQuery) query = gst_query_new_allocation(caps, FALSE);
  if (!gst_pad_peer_query(self->srcpad, query) || gst_query_get_n_allocation_params(query) == 0) return;
  gst_query_parse_nth_allocation_param(query, 0, &session->allocator, &session->allocation_params);
}

static GstFlowReturn negotiate(GstPdfDec* self, Session* session, const PageSize& size) {
  const bool reconfigure = gst_pad_check_reconfigure(self->srcpad);
  const GstVideoInfo& current = session->video_info;
  if (session->negotiated && !reconfigure && GST_VIDEO_INFO_WIDTH(&current) == size.width &&
      GST_VIDEO_INFO_HEIGHT(&current) == size.height) {
    return GST_FLOW_OK;
  }
  const GstVideoFormat format = choose_format(self);
  GstVideoInfo info;
  if (format == GST_VIDEO_FORMAT_UNKNOWN ||
      !gst_video_info_set_format(&info, format, static_cast<guint>(size.width), static_cast<guint>(size.height))) {
    gst_pad_mark_reconfigure(self->srcpad);
    return GST_PAD_IS_FLUSHING(self->srcpad) ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  }
  session->timeline.framerate(&info.fps_n, &info.fps_d);
  g_autoptr(GstCaps) caps = gst_video_info_to_caps(&info);
  if (!gst_pad_push_event(self->srcpad, gst_event_new_caps(caps))) {
    gst_pad_mark_reconfigure(self->srcpad);
    return GST_PAD_IS_FLUSHING(self->srcpad) ? GST_FLOW_FLUSHING : GST_FLOW_NOT_NEGOTIATED;
  }
  decide_allocation(self, session, caps);
  session->video_info = info;
  session->negotiated = true;
  return GST_FLOW_OK;
}

// ---- Events
// ----------------------------------------------------------------------------------------------------------

static void add_text_tag(GstTagList* tags, const char* tag, const std::string& text) {
  if (text.empty() || !g_utf8_validate(text.c_str(), -1, nullptr)) return;
  gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, tag, text.c_str(), nullptr);
}

static GstTagList* make_tags(const pdfdec::DocumentInfo& info) {
  GstTagList* tags = gst_tag_list_new_empty();
  add_text_tag(tags, GST_TAG_TITLE, info.title);
  add_text_tag(tags, GST_TAG_ARTIST, info.author);
  add_text_tag(tags, GST_TAG_DESCRIPTION, info.subject);
  add_text_tag(tags, GST_TAG_KEYWORDS, info.keywords);
  add_text_tag(tags, GST_TAG_APPLICATION_NAME, info.creator);
  add_text_tag(tags, GST_TAG_ENCODER, info.producer);
  GstDateTime* created = info.created != 0 ? gst_date_time_new_from_unix_epoch_utc(info.created) : nullptr;
  if (created != nullptr) {
    gst_tag_list_add(tags, GST_TAG_MERGE_REPLACE, GST_TAG_DATE_TIME, created, nullptr);
    gst_date_time_unref(created);
  }
  return tags;
}

static void push_pending_events(GstPdfDec* self, Session* session) {
  if (session->segment_pending) {
    GST_OBJECT_LOCK(self);
    const GstSegment segment = self->state->segment;
    GST_OBJECT_UNLOCK(self);
    GstEvent* event = gst_event_new_segment(&segment);
    gst_event_set_seqnum(event, session->seqnum);
    gst_pad_push_event(self->srcpad, event);
    session->segment_pending = false;
  }
  if (session->tags_pending) {
    GstTagList* tags = make_tags(session->document->info());
    if (gst_tag_list_is_empty(tags)) {
      gst_tag_list_unref(tags);
    } else {
      gst_pad_push_event(self->srcpad, gst_event_new_tag(tags));
    }
    session->tags_pending = false;
  }
}

// ---- Pages
// -----------------------------------------------------------------------------------------------------------

// `words` are cairo's 0xXXRRGGBB.
static void pack_rgb(const std::vector<uint32_t>& words, GstVideoFrame* frame) {
  const int width = GST_VIDEO_FRAME_WIDTH(frame);
  for (int y = 0; y < GST_VIDEO_FRAME_HEIGHT(frame); ++y) {
    const uint32_t* in = words.data() + static_cast<size_t>(y) * static_cast<size_t>(width);
    auto* out = static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0)) +
                static_cast<ptrdiff_t>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0);
    for (int x = 0; x < width; ++x, out += 3) {
      out[0] = static_cast<uint8_t>(in[x] >> 16);
      out[1] = static_cast<uint8_t>(in[x] >> 8);
      out[2] = static_cast<uint8_t>(in[x]);
    }
  }
}

static bool draw_into(const PdfPage& page, const PageSize& size, GstVideoFrame* frame, std::string* error) {
  if (GST_VIDEO_FRAME_FORMAT(frame) == kNativeFormat) {
    return page.draw(size, static_cast<uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(frame, 0)),
                     GST_VIDEO_FRAME_PLANE_STRIDE(frame, 0), error);
  }
  std::vector<uint32_t> words(static_cast<size_t>(size.width) * static_cast<size_t>(size.height));
  if (!page.draw(size, reinterpret_cast<uint8_t*>(words.data()), size.width * 4, error)) return false;
  pack_rgb(words, frame);
  return true;
}

static GstBuffer* make_buffer(const Session& session, const PdfPage& page, const PageSize& size, std::string* error) {
  g_autoptr(GstBuffer) buffer = gst_buffer_new_allocate(session.allocator, GST_VIDEO_INFO_SIZE(&session.video_info),
                                                        const_cast<GstAllocationParams*>(&session.allocation_params));
  GstVideoFrame frame;
  if (buffer == nullptr || !gst_video_frame_map(&frame, &session.video_info, buffer, GST_MAP_READWRITE)) {
    *error = "no memory for its pixels";
    return nullptr;
  }
  const bool drawn = draw_into(page, size, &frame, error);
  gst_video_frame_unmap(&frame);
  return drawn ? static_cast<GstBuffer*>(g_steal_pointer(&buffer)) : nullptr;
}

// Writes when, and which page, `buffer` shows.  `index` is the page of the document from 0.
static void label_buffer(Session* session, GstBuffer* buffer, int index, const PdfPage& page) {
  GST_BUFFER_PTS(buffer) = session->timeline.start_of(session->next);
  GST_BUFFER_DURATION(buffer) = session->timeline.page_duration();
  GST_BUFFER_OFFSET(buffer) = static_cast<guint64>(index);
  GST_BUFFER_OFFSET_END(buffer) = static_cast<guint64>(index) + 1;
  if (session->discont) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_PDF_PAGE_META_NAME);
  gst_structure_set(gst_custom_meta_get_structure(meta), GST_PDF_PAGE_META_PAGE, G_TYPE_INT, index + 1,
                    GST_PDF_PAGE_META_PAGES, G_TYPE_INT, session->document->page_count(), GST_PDF_PAGE_META_DPI,
                    G_TYPE_DOUBLE, session->settings.dpi, GST_PDF_PAGE_META_LABEL, G_TYPE_STRING, page.label().c_str(),
                    nullptr);
}

// Puts page `index` into `buffer`.  GST_FLOW_OK with an empty `buffer` and a reason in `error`: the page is broken.
static GstFlowReturn draw_page(GstPdfDec* self, Session* session, int index, GstBuffer** buffer, std::string* error) {
  GstFlowReturn flow = GST_FLOW_OK;
  const auto page = session->document->page(index);
  PageSize size;
  if (page == nullptr) {
    *error = "it is missing from the document's page tree";
  } else if (page->measure(session->settings.dpi, session->settings.max_pixels, &size, error)) {
    flow = negotiate(self, session, size);
    if (flow == GST_FLOW_OK) *buffer = make_buffer(*session, *page, size, error);
    if (*buffer != nullptr) label_buffer(session, *buffer, index, *page);
  }
  if (flow == GST_FLOW_OK && session->pulled != nullptr && session->pulled->flow() != GST_FLOW_OK) {
    gst_clear_buffer(buffer);
    return session->pulled->flow();
  }
  return flow;
}

// A warning, and a gap in the stream in place of the page.
static void skip_broken_page(GstPdfDec* self, Session* session, int index, const std::string& reason) {
  session->last_failure = "page " + std::to_string(index + 1) + ": " + reason;
  GST_ELEMENT_WARNING(self, STREAM, DECODE,
                      ("Page %d of %s is left out: %s.", index + 1, session->document_name.c_str(), reason.c_str()),
                      (nullptr));
  session->discont = true;
  if (!session->negotiated) return;  // no gap before caps
  push_pending_events(self, session);
  gst_pad_push_event(self->srcpad,
                     gst_event_new_gap(session->timeline.start_of(session->next), session->timeline.page_duration()));
}

static bool at_end(GstPdfDec* self, const Session& session) {
  if (session.next >= session.selection.size()) return true;
  GST_OBJECT_LOCK(self);
  const GstClockTime stop = self->state->segment.stop;
  GST_OBJECT_UNLOCK(self);
  return GST_CLOCK_TIME_IS_VALID(stop) && session.timeline.start_of(session.next) >= stop;
}

static void advance(GstPdfDec* self, Session* session) {
  ++session->next;
  GST_OBJECT_LOCK(self);
  self->state->segment.position = session->timeline.start_of(session->next);
  GST_OBJECT_UNLOCK(self);
}

GstFlowReturn gst_pdf_dec_push_next_page(GstPdfDec* self) {
  Session* session = self->state->session.get();
  if (at_end(self, *session)) return GST_FLOW_EOS;

  const int index = session->selection.page_at(session->next);
  GstBuffer* buffer = nullptr;
  std::string reason;
  GstFlowReturn flow = draw_page(self, session, index, &buffer, &reason);
  if (flow != GST_FLOW_OK) return flow;
  if (buffer == nullptr) {
    skip_broken_page(self, session, index, reason);
  } else {
    push_pending_events(self, session);
    GST_LOG_OBJECT(self, "page %d: %" GST_PTR_FORMAT, index + 1, static_cast<void*>(buffer));
    GST_OBJECT_LOCK(self);
    self->state->relinked = false;
    GST_OBJECT_UNLOCK(self);
    flow = gst_pad_push(self->srcpad, buffer);
    if (flow == GST_FLOW_NOT_LINKED) return flow;
    session->discont = false;
    ++session->delivered;
  }
  if (flow == GST_FLOW_OK) advance(self, session);
  return flow;
}
