// SPDX-License-Identifier: MIT
//
// What the parts of pdfdec share: its state, and which thread and lock each piece of it belongs to.
//
// One thread, the *worker*, opens the document and draws: the task of the sink pad where upstream can be pulled from,
// the task of the source pad where it can only push.  Draws are not interruptible; between two of them the worker stops
// for flushes, seeks and state changes.
#ifndef DEEPSEEKOCR_GST_PDFDEC_GSTPDFDECPRIVATE_H
#define DEEPSEEKOCR_GST_PDFDEC_GSTPDFDECPRIVATE_H

#include <gst/gst.h>
#include <gst/video/video.h>

#include <memory>
#include <optional>
#include <string>

#include "collectedbytes.h"
#include "gstpdfdec.h"
#include "padbytes.h"
#include "pageselection.h"
#include "pagetimeline.h"
#include "pdfdocument.h"

GST_DEBUG_CATEGORY_EXTERN(gst_pdf_dec_debug);

namespace pdfdec {

// An error that has been posted: the worker ends without a second message.
constexpr GstFlowReturn kFlowReported = GST_FLOW_CUSTOM_ERROR;

// Values of the properties.
struct Settings {
  double dpi = 144;
  std::string pages;
  std::string password;
  GstClockTime page_duration = GST_SECOND;
  uint64_t max_pixels = 64'000'000;
  uint64_t max_file_size = uint64_t{256} << 20;
};

// What the worker works on, from opening the document to the end of the stream.  Belongs to the holder of the stream
// lock of the worker's pad.
struct Session {
  Settings settings;  // as they were when the document was opened
  std::shared_ptr<ByteSource> source;
  PadBytes* pulled = nullptr;  // source, where it is pulled
  std::string document_name;   // for messages
  std::unique_ptr<PdfDocument> document;
  PageSelection selection;
  PageTimeline timeline;

  uint64_t next = 0;  // position in selection
  uint64_t delivered = 0;
  bool discont = true;
  bool segment_pending = true;
  bool tags_pending = true;
  guint32 seqnum = GST_SEQNUM_INVALID;  // of the segment
  std::string last_failure;             // why the last page that could not be drawn could not

  bool negotiated = false;
  GstVideoInfo video_info;
  GstAllocator* allocator = nullptr;
  GstAllocationParams allocation_params;

  Session();
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
};

struct State {
  // Guarded by the object lock.
  Settings settings;
  std::optional<PageTimeline> timeline;  // of the open document
  GstSegment segment;                    // written by the holder of the worker's stream lock only
  GstPad* worker_pad = nullptr;          // not owned; null while the pads are inactive
  bool relinked = false;                 // something was linked downstream since the last push began
  bool waits_for_link = false;           // the worker rests until something is

  // Push mode, guarded by the stream lock of the sink pad.
  std::shared_ptr<CollectedBytes> collecting;  // null once it was handed over or given up

  // Guarded by the stream lock of worker_pad.
  std::unique_ptr<Session> session;
};

}  // namespace pdfdec

struct _GstPdfDec {
  GstElement parent;
  GstPad* sinkpad;
  GstPad* srcpad;
  pdfdec::State* state;
};

// gstpdfdecopen.cpp.  Opens the document of state->session and fills the session.  Runs in the worker.
GstFlowReturn gst_pdf_dec_open(GstPdfDec* self);

// gstpdfdecoutput.cpp.  Both run in the worker.
// Makes the source pad ready for events other than stream-start.
void gst_pdf_dec_push_stream_start(GstPdfDec* self);
// Draws and pushes the next page; GST_FLOW_EOS after the last one.
GstFlowReturn gst_pdf_dec_push_next_page(GstPdfDec* self);

// gstpdfdecseek.cpp.  Source pad functions, called from any thread.
gboolean gst_pdf_dec_src_query(GstPad* pad, GstObject* parent, GstQuery* query);
gboolean gst_pdf_dec_src_event(GstPad* pad, GstObject* parent, GstEvent* event);

// gstpdfdec.cpp.  The task of the worker.
void gst_pdf_dec_loop(gpointer user_data);

#endif  // DEEPSEEKOCR_GST_PDFDEC_GSTPDFDECPRIVATE_H
