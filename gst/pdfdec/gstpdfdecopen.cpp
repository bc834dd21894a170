// SPDX-License-Identifier: MIT
//
// pdfdec: from bytes to an open document, and the sentences for what can be wrong with one.
#include <utility>

#include "gstpdfdecprivate.h"

#define GST_CAT_DEFAULT gst_pdf_dec_debug

using pdfdec::kFlowReported;
using pdfdec::PageSelection;
using pdfdec::PageTimeline;
using pdfdec::PdfDocument;
using pdfdec::Session;

// How messages call the document: by the last part of its address (the rest may hold a password), else "the document".
static std::string query_document_name(GstPdfDec* self) {
  std::string name = "the document";
  g_autoptr(GstQuery) query = gst_query_new_uri();
  if (!gst_pad_peer_query(self->sinkpad, query)) return name;
  g_autofree char* uri = nullptr;
  gst_query_parse_uri(query, &uri);
  if (uri == nullptr) return name;
  g_autofree char* path = nullptr;
  if (!g_uri_split(uri, G_URI_FLAGS_NON_DNS, nullptr, nullptr, nullptr, nullptr, &path, nullptr, nullptr, nullptr) ||
      path == nullptr) {
    return name;
  }
  g_autofree char* base = g_path_get_basename(path);
  if (g_utf8_validate(base, -1, nullptr)) name = std::string("\"") + base + "\"";
  return name;
}

// In push mode the bytes were collected before the worker started.
static void attach_upstream(GstPdfDec* self, Session* session) {
  if (session->source != nullptr) return;
  gint64 size = 0;
  if (!gst_pad_peer_query_duration(self->sinkpad, GST_FORMAT_BYTES, &size) || size < 0) size = 0;
  auto pulled = std::make_shared<pdfdec::PadBytes>(self->sinkpad, static_cast<uint64_t>(size));
  session->pulled = pulled.get();
  session->source = std::move(pulled);
}

static GstFlowReturn post_encrypted(GstPdfDec* self, const Session& session) {
  const char* name = session.document_name.c_str();
  if (session.settings.password.empty()) {
    GST_ELEMENT_ERROR(self, STREAM, DECRYPT, ("%s is encrypted; set the property password to open it.", name),
                      (nullptr));
  } else {
    GST_ELEMENT_ERROR(self, STREAM, DECRYPT,
                      ("%s is encrypted and the property password does not open it; set another one.", name),
                      (nullptr));
  }
  return kFlowReported;
}

static GstFlowReturn load_document(GstPdfDec* self, Session* session) {
  const char* name = session->document_name.c_str();
  if (session->source->size() == 0) {
    GST_ELEMENT_ERROR(self, STREAM, DECODE, ("%s is empty; give a PDF document.", name), (nullptr));
    return kFlowReported;
  }
  std::string reason;
  const auto status = PdfDocument::open(session->source, session->settings.password, &session->document, &reason);
  if (session->pulled != nullptr && session->pulled->flow() != GST_FLOW_OK) return session->pulled->flow();
  if (status == PdfDocument::Status::kEncrypted) return post_encrypted(self, *session);
  if (status == PdfDocument::Status::kDamaged) {
    GST_ELEMENT_ERROR(
        self, STREAM, DECODE,
        ("%s (%" G_GUINT64_FORMAT " bytes) is no PDF document or is damaged beyond repair; give another file.", name,
         session->source->size()),
        ("Poppler: %s", reason.c_str()));
    return kFlowReported;
  }
  return GST_FLOW_OK;
}

static GstFlowReturn select_pages(GstPdfDec* self, Session* session) {
  const char* name = session->document_name.c_str();
  const int page_count = session->document->page_count();
  if (page_count == 0) {
    GST_ELEMENT_ERROR(self, STREAM, DECODE, ("%s has no pages; give a document with pages.", name), (nullptr));
    return kFlowReported;
  }
  std::string reason;
  if (!PageSelection::parse(session->settings.pages, page_count, &session->selection, &reason)) {
    GST_ELEMENT_ERROR(self, LIBRARY, SETTINGS, ("%s: %s.", name, reason.c_str()), (nullptr));
    return kFlowReported;
  }
  const uint64_t count = session->selection.size();
  if (!PageTimeline::fits(count, session->settings.page_duration)) {
    GST_ELEMENT_ERROR(self, LIBRARY, SETTINGS,
                      ("%s: %" G_GUINT64_FORMAT " pages of page-duration %" G_GUINT64_FORMAT
                       " ns last longer than a stream can; lower page-duration.",
                       name, count, session->settings.page_duration),
                      (nullptr));
    return kFlowReported;
  }
  session->timeline = PageTimeline(count, session->settings.page_duration);
  return GST_FLOW_OK;
}

static void publish_timeline(GstPdfDec* self, const PageTimeline& timeline) {
  GST_OBJECT_LOCK(self);
  self->state->timeline = timeline;
  gst_segment_init(&self->state->segment, GST_FORMAT_TIME);
  self->state->segment.duration = timeline.duration();
  self->state->segment.stop = timeline.duration();  // videorate repeats the last page up to here
  GST_OBJECT_UNLOCK(self);
  gst_element_post_message(GST_ELEMENT(self), gst_message_new_duration_changed(GST_OBJECT(self)));
}

// decodebin locks the state of an element, and swallows its errors, from the moment it starts it until it has taken it
// over, which in pull mode is a few instructions later.  An error in between would be lost and the pipeline would wait
// for ever.  GStreamer has no notification for the end of this, hence the short, bounded looking again.
static void wait_while_being_plugged(GstPdfDec* self) {
  constexpr int kMaxLooks = 200;
  constexpr gulong kBetweenLooks = 1000;  // microseconds
  for (int looks = 0; looks < kMaxLooks && gst_element_is_locked_state(GST_ELEMENT(self)); ++looks) {
    if (GST_PAD_IS_FLUSHING(self->srcpad)) return;
    g_usleep(kBetweenLooks);
  }
}

GstFlowReturn gst_pdf_dec_open(GstPdfDec* self) {
  Session* session = self->state->session.get();
  wait_while_being_plugged(self);
  gst_pdf_dec_push_stream_start(self);
  GST_OBJECT_LOCK(self);
  session->settings = self->state->settings;
  GST_OBJECT_UNLOCK(self);
  session->document_name = query_document_name(self);
  attach_upstream(self, session);

  GstFlowReturn flow = load_document(self, session);
  if (flow == GST_FLOW_OK) flow = select_pages(self, session);
  if (flow != GST_FLOW_OK) {
    session->document.reset();
    return flow;
  }
  if (!pdfdec::has_end_mark(session->source.get())) {
    GST_ELEMENT_WARNING(
        self, STREAM, DECODE,
        ("%s has no end mark and was probably cut off; what can be recovered of it follows, pages or parts "
         "of pages may be missing.",
         session->document_name.c_str()),
        (nullptr));
  }
  GST_INFO_OBJECT(self, "%s: %d pages, %" G_GUINT64_FORMAT " selected", session->document_name.c_str(),
                  session->document->page_count(), session->selection.size());
  session->seqnum = gst_util_seqnum_next();
  publish_timeline(self, session->timeline);
  return GST_FLOW_OK;
}
