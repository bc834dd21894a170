// SPDX-License-Identifier: MIT

/**
 * SECTION:element-pdfdec
 * @title: pdfdec
 * @short_description: decodes the pages of PDF documents into video frames
 *
 * Turns each page of a PDF document into one video buffer.  Pages follow one another, each for #pdfdec:page-duration;
 * seeking (in TIME, or in DEFAULT, which counts pages) goes to a page.  Where upstream has random access the document
 * is read as needed, else it is collected in memory first, up to #pdfdec:max-file-size.
 *
 * Every buffer carries a #GstCustomMeta "GstPdfPageMeta" with the fields `page` (from 1), `pages`, `dpi` and `label`;
 * its offset is the index of the page in the document, from 0.  What the document says of itself comes as tags.
 *
 * A page that cannot be drawn gives a WARNING message and is left out.  A document that cannot be opened, or none of
 * whose pages can be drawn, gives one ERROR message.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=report.pdf ! pdfdec dpi=300 pages=2-3 ! videoconvert ! pngenc ! multifilesink
 * location=page%d.png
 * ]| Pages 2 and 3 as pictures of 300 dots per inch.
 * |[
 * gst-launch-1.0 filesrc location=report.pdf ! pdfdec ! deepseekocr ! fakesink  deepseekocr0.text ! filesink
 * location=report.txt
 * ]| The text of all pages.
 * |[
 * gst-launch-1.0 playbin uri=file:///path/report.pdf
 * ]| Shows each page for a second.
 *
 * Since: 0.1
 */
#include <cstring>
#include <utility>

#include "gstpdfdecprivate.h"
#include "gstpdfpagemeta.h"

GST_DEBUG_CATEGORY(gst_pdf_dec_debug);
#define GST_CAT_DEFAULT gst_pdf_dec_debug

using pdfdec::Session;
using pdfdec::Settings;
using pdfdec::State;

#define DPI_MIN 72.0
#define DPI_MAX 1200.0

enum { PROP_0, PROP_DPI, PROP_PAGES, PROP_PASSWORD, PROP_PAGE_DURATION, PROP_MAX_PIXELS, PROP_MAX_FILE_SIZE };

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS("application/pdf"));

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define SRC_FORMATS "{ BGRx, RGB }"
#else
#define SRC_FORMATS "{ xRGB, RGB }"
#endif
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(GST_VIDEO_CAPS_MAKE(SRC_FORMATS)));

G_DEFINE_FINAL_TYPE(GstPdfDec, gst_pdf_dec, GST_TYPE_ELEMENT)
GST_ELEMENT_REGISTER_DEFINE(pdfdec, "pdfdec", GST_RANK_PRIMARY, GST_TYPE_PDF_DEC)

// ---- Properties
// ------------------------------------------------------------------------------------------------------

static std::string string_of(const GValue* value) {
  const char* text = g_value_get_string(value);
  return text != nullptr ? text : "";
}

static void gst_pdf_dec_set_property(GObject* object, guint id, const GValue* value, GParamSpec* pspec) {
  Settings* settings = &GST_PDF_DEC(object)->state->settings;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case PROP_DPI:
      settings->dpi = g_value_get_double(value);
      break;
    case PROP_PAGES:
      settings->pages = string_of(value);
      break;
    case PROP_PASSWORD:
      settings->password = string_of(value);
      break;
    case PROP_PAGE_DURATION:
      settings->page_duration = g_value_get_uint64(value);
      break;
    case PROP_MAX_PIXELS:
      settings->max_pixels = g_value_get_uint64(value);
      break;
    case PROP_MAX_FILE_SIZE:
      settings->max_file_size = g_value_get_uint64(value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

static void gst_pdf_dec_get_property(GObject* object, guint id, GValue* value, GParamSpec* pspec) {
  const Settings* settings = &GST_PDF_DEC(object)->state->settings;
  GST_OBJECT_LOCK(object);
  switch (id) {
    case PROP_DPI:
      g_value_set_double(value, settings->dpi);
      break;
    case PROP_PAGES:
      g_value_set_string(value, settings->pages.c_str());
      break;
    case PROP_PAGE_DURATION:
      g_value_set_uint64(value, settings->page_duration);
      break;
    case PROP_MAX_PIXELS:
      g_value_set_uint64(value, settings->max_pixels);
      break;
    case PROP_MAX_FILE_SIZE:
      g_value_set_uint64(value, settings->max_file_size);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID(object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK(object);
}

static void install_properties(GObjectClass* klass) {
  const Settings defaults;
  const auto flags = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  const auto write_only = static_cast<GParamFlags>(G_PARAM_WRITABLE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  g_object_class_install_property(klass, PROP_DPI,
                                  g_param_spec_double("dpi", "Resolution", "Pixels per inch that pages are drawn at",
                                                      DPI_MIN, DPI_MAX, defaults.dpi, flags));
  g_object_class_install_property(
      klass, PROP_PAGES,
      g_param_spec_string("pages", "Pages",
                          "Pages to deliver, from 1, in the order written, such as 1-3,7,20- (empty = all pages)", "",
                          flags));
  // Not readable: dumps of the pipeline write down every readable property.
  g_object_class_install_property(
      klass, PROP_PASSWORD,
      g_param_spec_string("password", "Password", "User or owner password of the document (empty = none)", "",
                          write_only));
  g_object_class_install_property(
      klass, PROP_PAGE_DURATION,
      g_param_spec_uint64("page-duration", "Page duration", "How long each page is shown, in nanoseconds", 1,
                          G_MAXINT64, defaults.page_duration, flags));
  g_object_class_install_property(
      klass, PROP_MAX_PIXELS,
      g_param_spec_uint64(
          "max-pixels", "Maximum pixels",
          "Largest page that is drawn, in pixels at dpi; a larger one is left out with a warning (a page "
          "needs 4 bytes of memory per pixel)",
          1, G_MAXINT32, defaults.max_pixels, flags));
  g_object_class_install_property(
      klass, PROP_MAX_FILE_SIZE,
      g_param_spec_uint64("max-file-size", "Maximum file size",
                          "Largest document in bytes that is collected in memory where upstream has no random access; "
                          "a larger one is an error",
                          1, G_MAXINT64, defaults.max_file_size, flags));
}

// ---- The worker
// ------------------------------------------------------------------------------------------------------

static void push_eos(GstPdfDec* self, const Session& session) {
  GstEvent* event = gst_event_new_eos();
  if (session.seqnum != GST_SEQNUM_INVALID) gst_event_set_seqnum(event, session.seqnum);
  gst_pad_push_event(self->srcpad, event);
}

static void end_of_pages(GstPdfDec* self, const Session& session) {
  if (session.delivered == 0 && !session.last_failure.empty()) {
    GST_ELEMENT_ERROR(self, STREAM, DECODE,
                      ("None of the selected pages of %s can be drawn; the last one failed as %s.",
                       session.document_name.c_str(), session.last_failure.c_str()),
                      (nullptr));
  }
  GST_OBJECT_LOCK(self);
  const GstSegment segment = self->state->segment;
  GST_OBJECT_UNLOCK(self);
  if ((segment.flags & GST_SEGMENT_FLAG_SEGMENT) == 0) {
    push_eos(self, session);
    return;
  }
  const auto position = static_cast<gint64>(GST_CLOCK_TIME_IS_VALID(segment.stop) ? segment.stop : segment.duration);
  GstMessage* message = gst_message_new_segment_done(GST_OBJECT(self), GST_FORMAT_TIME, position);
  gst_message_set_seqnum(message, session.seqnum);
  gst_element_post_message(GST_ELEMENT(self), message);
  GstEvent* event = gst_event_new_segment_done(GST_FORMAT_TIME, position);
  gst_event_set_seqnum(event, session.seqnum);
  gst_pad_push_event(self->srcpad, event);
}

// Called with the task paused, after downstream said NOT_LINKED although the source pad is linked: to a ghost pad or a
// tee that leads nowhere yet.  decodebin is like this for a moment, since it links its own pad only after it has
// started this element, whose thread may be faster.  Draws the same page again as soon as something is linked.
static void wait_for_link(GstPdfDec* self, GstPad* worker_pad) {
  GST_OBJECT_LOCK(self);
  const bool linked = self->state->relinked;
  self->state->waits_for_link = !linked;
  GST_OBJECT_UNLOCK(self);
  GST_DEBUG_OBJECT(self, linked ? "was linked meanwhile" : "waiting until something is linked downstream");
  if (linked) gst_pad_start_task(worker_pad, gst_pdf_dec_loop, self, nullptr);
}

static void pause_worker(GstPdfDec* self, const Session& session, GstFlowReturn flow) {
  GST_DEBUG_OBJECT(self, "pausing: %s", gst_flow_get_name(flow));
  GST_OBJECT_LOCK(self);
  GstPad* worker_pad = self->state->worker_pad;
  GST_OBJECT_UNLOCK(self);
  if (worker_pad != nullptr) gst_pad_pause_task(worker_pad);
  if (flow == GST_FLOW_FLUSHING) return;
  if (flow == GST_FLOW_NOT_LINKED && worker_pad != nullptr && gst_pad_is_linked(self->srcpad)) {
    wait_for_link(self, worker_pad);
    return;
  }
  if (flow == GST_FLOW_EOS) {
    end_of_pages(self, session);
    return;
  }
  if (flow != pdfdec::kFlowReported) GST_ELEMENT_FLOW_ERROR(self, flow);
  push_eos(self, session);
}

static bool has_worker(GstPdfDec* self) {
  GST_OBJECT_LOCK(self);
  const bool has = self->state->worker_pad != nullptr;
  GST_OBJECT_UNLOCK(self);
  return has;
}

// One turn: opens the document, or draws one page.
void gst_pdf_dec_loop(gpointer user_data) {
  GstPdfDec* self = GST_PDF_DEC(user_data);
  // What starts the task may be overtaken by a state change, which has stopped none then and takes the session away.
  if (!has_worker(self)) {
    gst_pad_pause_task(self->srcpad);
    gst_pad_pause_task(self->sinkpad);
    return;
  }
  auto& session = self->state->session;
  if (session == nullptr) session = std::make_unique<Session>();
  const GstFlowReturn flow = session->document == nullptr ? gst_pdf_dec_open(self) : gst_pdf_dec_push_next_page(self);
  if (flow != GST_FLOW_OK) pause_worker(self, *session, flow);
}

// ---- Sink pad: pull mode
// ---------------------------------------------------------------------------------------------

static void set_worker_pad(GstPdfDec* self, GstPad* pad) {
  GST_OBJECT_LOCK(self);
  self->state->worker_pad = pad;
  GST_OBJECT_UNLOCK(self);
}

static gboolean gst_pdf_dec_sink_activate(GstPad* pad, GstObject* /*parent*/) {
  g_autoptr(GstQuery) query = gst_query_new_scheduling();
  const bool random_access =
      gst_pad_peer_query(pad, query) &&
      gst_query_has_scheduling_mode_with_flags(query, GST_PAD_MODE_PULL, GST_SCHEDULING_FLAG_SEEKABLE);
  return gst_pad_activate_mode(pad, random_access ? GST_PAD_MODE_PULL : GST_PAD_MODE_PUSH, TRUE);
}

static gboolean gst_pdf_dec_sink_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  GstPdfDec* self = GST_PDF_DEC(parent);
  if (mode == GST_PAD_MODE_PUSH) {
    if (active) self->state->collecting = std::make_shared<pdfdec::CollectedBytes>();
    set_worker_pad(self, active ? self->srcpad : nullptr);
    return TRUE;
  }
  if (mode != GST_PAD_MODE_PULL) return FALSE;
  if (active) {
    set_worker_pad(self, pad);
    return gst_pad_start_task(pad, gst_pdf_dec_loop, self, nullptr);
  }
  set_worker_pad(self, nullptr);
  return gst_pad_stop_task(pad);
}

static gboolean gst_pdf_dec_src_activate_mode(GstPad* pad, GstObject* parent, GstPadMode mode, gboolean active) {
  if (mode != GST_PAD_MODE_PUSH) return FALSE;
  if (active) return TRUE;
  set_worker_pad(GST_PDF_DEC(parent), nullptr);  // first, so that a task that is started behind this rests
  return gst_pad_stop_task(pad);                 // it exists in push mode only
}

// ---- Sink pad: push mode
// ---------------------------------------------------------------------------------------------

static GstFlowReturn gst_pdf_dec_chain(GstPad* /*pad*/, GstObject* parent, GstBuffer* buffer) {
  GstPdfDec* self = GST_PDF_DEC(parent);
  g_autoptr(GstBuffer) owned = buffer;
  State* state = self->state;
  if (state->collecting == nullptr) {
    GST_ELEMENT_ERROR(self, STREAM, FAILED,
                      ("More bytes follow the end of the document; give one document per stream."), (nullptr));
    return GST_FLOW_ERROR;
  }
  GST_OBJECT_LOCK(self);
  const uint64_t limit = state->settings.max_file_size;
  GST_OBJECT_UNLOCK(self);
  if (gst_buffer_get_size(owned) > limit - MIN(limit, state->collecting->size())) {
    state->collecting.reset();
    GST_ELEMENT_ERROR(self, RESOURCE, NO_SPACE_LEFT,
                      ("The document is larger than max-file-size (%" G_GUINT64_FORMAT
                       " bytes); raise it, or read from a source with random access such as filesrc.",
                       limit),
                      (nullptr));
    return GST_FLOW_ERROR;
  }
  GstMapInfo map;
  if (!gst_buffer_map(owned, &map, GST_MAP_READ)) {
    GST_ELEMENT_ERROR(self, RESOURCE, READ, ("A piece of the document cannot be mapped for reading."), (nullptr));
    return GST_FLOW_ERROR;
  }
  state->collecting->append(map.data, map.size);
  gst_buffer_unmap(owned, &map);
  return GST_FLOW_OK;
}

// Hands the collected document to a worker.
static void start_on_collected(GstPdfDec* self) {
  State* state = self->state;
  if (state->collecting == nullptr) return;  // given up, with an error
  GST_PAD_STREAM_LOCK(self->srcpad);
  state->session = std::make_unique<Session>();
  state->session->source = std::move(state->collecting);
  state->collecting.reset();
  gst_pad_start_task(self->srcpad, gst_pdf_dec_loop, self, nullptr);
  GST_PAD_STREAM_UNLOCK(self->srcpad);
  if (!has_worker(self)) gst_pad_stop_task(self->srcpad);  // the source pad became inactive meanwhile
}

static void forget_timeline(GstPdfDec* self) {
  GST_OBJECT_LOCK(self);
  self->state->timeline.reset();
  self->state->waits_for_link = false;
  gst_segment_init(&self->state->segment, GST_FORMAT_TIME);
  GST_OBJECT_UNLOCK(self);
}

// Upstream starts anew: so does the collecting.
static void restart_collecting(GstPdfDec* self) {
  gst_pad_pause_task(self->srcpad);
  GST_PAD_STREAM_LOCK(self->srcpad);
  self->state->session.reset();
  GST_PAD_STREAM_UNLOCK(self->srcpad);
  self->state->collecting = std::make_shared<pdfdec::CollectedBytes>();
  forget_timeline(self);
}

static gboolean gst_pdf_dec_sink_event(GstPad* pad, GstObject* parent, GstEvent* event) {
  GstPdfDec* self = GST_PDF_DEC(parent);
  const bool pushed = GST_PAD_MODE(pad) == GST_PAD_MODE_PUSH;
  if (GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP && pushed) restart_collecting(self);
  const bool serialized = (gst_event_type_get_flags(GST_EVENT_TYPE(event)) & GST_EVENT_TYPE_SERIALIZED) != 0;
  if (!serialized || GST_EVENT_TYPE(event) == GST_EVENT_FLUSH_STOP) {
    return gst_pad_event_default(pad, parent, event);
  }
  // The rest tells of upstream's bytes; the source pad has events of its own.
  if (GST_EVENT_TYPE(event) == GST_EVENT_EOS && pushed) start_on_collected(self);
  gst_event_unref(event);
  return TRUE;
}

// ---- The object
// ------------------------------------------------------------------------------------------------------

static GstStateChangeReturn gst_pdf_dec_change_state(GstElement* element, GstStateChange transition) {
  GstPdfDec* self = GST_PDF_DEC(element);
  const GstStateChangeReturn result = GST_ELEMENT_CLASS(gst_pdf_dec_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {  // the pads are inactive now, no thread is left that works
    self->state->session.reset();
    self->state->collecting.reset();
    forget_timeline(self);
  }
  return result;
}

static void gst_pdf_dec_finalize(GObject* object) {
  delete GST_PDF_DEC(object)->state;
  G_OBJECT_CLASS(gst_pdf_dec_parent_class)->finalize(object);
}

static void register_page_meta() {
  if (gst_meta_get_info(GST_PDF_PAGE_META_NAME) != nullptr) return;
  const char* tags[] = {nullptr};
  gst_meta_register_custom(GST_PDF_PAGE_META_NAME, tags, nullptr, nullptr, nullptr);
}

static void gst_pdf_dec_class_init(GstPdfDecClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_pdf_dec_debug, "pdfdec", 0, "PDF page decoder");
  GObjectClass* object_class = G_OBJECT_CLASS(klass);
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  object_class->set_property = gst_pdf_dec_set_property;
  object_class->get_property = gst_pdf_dec_get_property;
  object_class->finalize = gst_pdf_dec_finalize;
  element_class->change_state = gst_pdf_dec_change_state;
  install_properties(object_class);
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_set_static_metadata(element_class, "PDF page decoder", "Codec/Decoder/Video",
                                        "Decodes the pages of PDF documents into video frames, one buffer per page",
                                        "The deepseekocr authors");
  register_page_meta();
}

static void gst_pdf_dec_init(GstPdfDec* self) {
  self->state = new State();
  gst_segment_init(&self->state->segment, GST_FORMAT_TIME);

  self->sinkpad = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_activate_function(self->sinkpad, gst_pdf_dec_sink_activate);
  gst_pad_set_activatemode_function(self->sinkpad, gst_pdf_dec_sink_activate_mode);
  gst_pad_set_chain_function(self->sinkpad, gst_pdf_dec_chain);
  gst_pad_set_event_function(self->sinkpad, gst_pdf_dec_sink_event);
  gst_element_add_pad(GST_ELEMENT(self), self->sinkpad);

  self->srcpad = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_activatemode_function(self->srcpad, gst_pdf_dec_src_activate_mode);
  gst_pad_set_query_function(self->srcpad, gst_pdf_dec_src_query);
  gst_pad_set_event_function(self->srcpad, gst_pdf_dec_src_event);
  gst_element_add_pad(GST_ELEMENT(self), self->srcpad);
}
