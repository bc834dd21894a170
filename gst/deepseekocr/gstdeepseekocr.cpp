// SPDX-License-Identifier: MIT
/**
 * SECTION:element-deepseekocr
 * @title: deepseekocr
 * @short_description: reads the text on video frames with the DeepSeek-OCR model
 *
 * Frames go in at the sink pad and leave, unchanged and in order, at the src pad with a #GstCustomMeta named
 * `GstDeepseekOcrMeta` (see `deepseekocr/gstdeepseekocrmeta.h`) and a #GstVideoRegionOfInterestMeta for each box.  The
 * text pad carries the readings as `text/x-raw` or `application/x-json`; it is sparse, has a thread and a segment of
 * its own, and its positions are stream time.
 *
 * Behind a live source frames never wait: they carry the newest finished reading, and the newest frame waits for the
 * model.  In a file every frame is read and leaves with its own reading.  See #GstDeepseekOcr:attach and
 * #GstDeepseekOcr:drop.
 *
 * The model runs in an engine library that is opened in NULL→READY; loading goes on in the background and posts
 * PROGRESS messages with code `loading`.
 *
 * ## Messages
 *
 * With #GstDeepseekOcr:post-messages an element message named `deepseekocr` for each reading, with the fields of
 * `GstDeepseekOcrMeta` and `timestamp`, `duration` (#GstClockTime).
 *
 * With #GstDeepseekOcr:stats-interval the structure of #GstDeepseekOcr:stats, named `application/x-deepseekocr-stats`,
 * as an element message.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 filesrc location=label.png ! pngdec ! videoconvert ! deepseekocr name=ocr ocr.text ! filesink
 * location=label.txt
 * ]| A picture to text.
 * |[
 * gst-launch-1.0 filesrc location=movie.mp4 ! decodebin ! videoconvert ! deepseekocr text-format=subtitle
 * area=0.0,0.66,1.0,0.34 name=ocr ocr.text ! srtenc ! filesink location=movie.srt
 * ]| Burned-in subtitles to a subtitle file.
 * |[
 * gst-launch-1.0 filesrc location=invoice.pdf ! pdfdec ! deepseekocr text-format=json name=ocr ocr.text ! filesink
 * location=invoice.jsonl
 * ]| The pages of a document to JSON lines.
 * |[
 * gst-launch-1.0 v4l2src ! videoconvert ! deepseekocr ! ocroverlay ! videoconvert ! autovideosink
 * ]| A camera, with what was read drawn on the picture.
 *
 * Since: 0.1
 */
#include "deepseekocr/gstdeepseekocr.h"

#include "deepseekocr/element.h"
#include "deepseekocr/properties.h"
#include "meta/meta_registration.h"

GST_DEBUG_CATEGORY(gst_deepseek_ocr_debug);

using namespace deepseekocr::plugin;

// Sizes up to what the engine takes; it also limits the number of pixels, which caps cannot say.
#define VIDEO_SIZES ", width = (int) [ 1, 32768 ], height = (int) [ 1, 32768 ], framerate = (fraction) [ 0, max ]"

// CUDA memory first: frames that are there stay there.
#define VIDEO_CAPS                                                                                  \
  "video/x-raw(memory:CUDAMemory), "                                                                \
  "format = (string) { NV12, P010_10LE, I420, NV21, RGB, BGR, RGBA, BGRA, RGBx, BGRx }" VIDEO_SIZES \
  "; video/x-raw, "                                                                                 \
  "format = (string) { NV12, I420, NV21, YUY2, P010_10LE, RGB, BGR, RGBA, BGRA, RGBx, BGRx, GRAY8 }" VIDEO_SIZES

static GstStaticPadTemplate sink_template =
    GST_STATIC_PAD_TEMPLATE("sink", GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate src_template =
    GST_STATIC_PAD_TEMPLATE("src", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS(VIDEO_CAPS));
static GstStaticPadTemplate text_template = GST_STATIC_PAD_TEMPLATE(
    "text", GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS("text/x-raw, format = (string) utf8; application/x-json"));

G_DEFINE_TYPE(GstDeepseekOcr, gst_deepseek_ocr, GST_TYPE_ELEMENT)

static void register_plugin_types() {
  gst_deepseek_ocr_meta_register();
}

GST_ELEMENT_REGISTER_DEFINE_WITH_CODE(deepseekocr, "deepseekocr", GST_RANK_NONE, GST_TYPE_DEEPSEEK_OCR,
                                      register_plugin_types())

namespace deepseekocr::plugin {

Settings copy_settings(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  Settings settings = self->impl->settings;
  GST_OBJECT_UNLOCK(self);
  return settings;
}

std::shared_ptr<const Settings> settings_of(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  auto& copy = self->impl->settings_copy;
  if (copy == nullptr) copy = std::make_shared<const Settings>(self->impl->settings);
  auto settings = copy;
  GST_OBJECT_UNLOCK(self);
  return settings;
}

std::shared_ptr<Session> session_of(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  auto session = self->impl->session;
  GST_OBJECT_UNLOCK(self);
  return session;
}

std::shared_ptr<EngineClient> client_of(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  auto client = self->impl->client;
  GST_OBJECT_UNLOCK(self);
  return client;
}

std::shared_ptr<const CudaContext> cuda_context_of(GstDeepseekOcr* self) {
  GST_OBJECT_LOCK(self);
  auto cuda = self->impl->cuda;
  GST_OBJECT_UNLOCK(self);
  return cuda;
}

}  // namespace deepseekocr::plugin

/// READY→PAUSED: a new session, so that nothing of an earlier run can reach this one.
static void gst_deepseek_ocr_start(GstDeepseekOcr* self) {
  auto session = std::make_shared<Session>();
  GST_OBJECT_LOCK(self);
  session->set_latency(self->impl->settings.timing.latency_ms * GST_MSECOND);
  session.swap(self->impl->session);
  self->impl->delay = DelayMonitor();
  self->impl->last_seek_seqnum = GST_SEQNUM_INVALID;
  GST_OBJECT_UNLOCK(self);
  self->impl->sink = SinkState();
  gst_segment_init(&self->impl->sink.segment, GST_FORMAT_UNDEFINED);
  self->impl->text.reset(self->text_pad);
  start_stats_messages(self);
}

/// Text positions of a live stream follow the clock from now on.
static void start_ticking(GstDeepseekOcr* self) {
  self->impl->ticker.start(GST_ELEMENT(self), [weak = std::weak_ptr<Session>(session_of(self))](uint64_t running_time) {
    if (const auto session = weak.lock()) session->tick(running_time);
  });
}

static GstStateChangeReturn gst_deepseek_ocr_change_state(GstElement* element, GstStateChange transition) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(element);
  switch (transition) {
    case GST_STATE_CHANGE_NULL_TO_READY:
      if (!open_engine(self)) return GST_STATE_CHANGE_FAILURE;
      break;
    case GST_STATE_CHANGE_READY_TO_PAUSED:
      if (!refresh_client(self, false)) return GST_STATE_CHANGE_FAILURE;
      gst_deepseek_ocr_start(self);
      break;
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      self->impl->ticker.stop();
      if (const auto session = session_of(self)) session->nudge();
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      abandon_work(self);
      break;
    default:
      break;
  }
  const GstStateChangeReturn result =
      GST_ELEMENT_CLASS(gst_deepseek_ocr_parent_class)->change_state(element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING && result != GST_STATE_CHANGE_FAILURE) start_ticking(self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED && result == GST_STATE_CHANGE_FAILURE))
    stop_stats_messages(self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) self->impl->sink.sharpest.reset();  // holds a frame
  if (transition == GST_STATE_CHANGE_READY_TO_NULL ||
      (transition == GST_STATE_CHANGE_NULL_TO_READY && result == GST_STATE_CHANGE_FAILURE)) {
    // The program may exit next, and a thread of the engine must not outlive what exit() destroys.
    if (const auto client = close_engine(self)) client->wait_unused();
  }
  return result;
}

static void gst_deepseek_ocr_finalize(GObject* object) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(object);
  close_engine(self);
  delete self->impl;
  G_OBJECT_CLASS(gst_deepseek_ocr_parent_class)->finalize(object);
}

static void gst_deepseek_ocr_class_init(GstDeepseekOcrClass* klass) {
  GST_DEBUG_CATEGORY_INIT(gst_deepseek_ocr_debug, "deepseekocr", 0, "reads the text on video frames");
  G_OBJECT_CLASS(klass)->finalize = gst_deepseek_ocr_finalize;
  install_properties(G_OBJECT_CLASS(klass));
  GstElementClass* element_class = GST_ELEMENT_CLASS(klass);
  element_class->change_state = gst_deepseek_ocr_change_state;
  gst_element_class_add_static_pad_template(element_class, &sink_template);
  gst_element_class_add_static_pad_template(element_class, &src_template);
  gst_element_class_add_static_pad_template(element_class, &text_template);
  gst_element_class_set_static_metadata(element_class, "DeepSeek-OCR text reader", "Filter/Analyzer/Video",
                                        "Reads the text on video frames and document pages with the DeepSeek-OCR model",
                                        "deepseekocr developers");
}

static void gst_deepseek_ocr_init(GstDeepseekOcr* self) {
  self->impl = new Element();
  gst_segment_init(&self->impl->sink.segment, GST_FORMAT_UNDEFINED);

  self->sink_pad = gst_pad_new_from_static_template(&sink_template, "sink");
  gst_pad_set_chain_function(self->sink_pad, sink_chain);
  gst_pad_set_event_function(self->sink_pad, sink_event);
  gst_pad_set_query_function(self->sink_pad, sink_query);
  gst_pad_set_iterate_internal_links_function(self->sink_pad, sink_internal_links);
  GST_PAD_SET_PROXY_CAPS(self->sink_pad);
  GST_PAD_SET_PROXY_ALLOCATION(self->sink_pad);
  GST_PAD_SET_ACCEPT_TEMPLATE(self->sink_pad);
  gst_element_add_pad(GST_ELEMENT(self), self->sink_pad);

  self->video_pad = gst_pad_new_from_static_template(&src_template, "src");
  gst_pad_set_activatemode_function(self->video_pad, video_activate_mode);
  gst_pad_set_event_function(self->video_pad, source_event);
  gst_pad_set_query_function(self->video_pad, source_query);
  GST_PAD_SET_PROXY_CAPS(self->video_pad);
  gst_element_add_pad(GST_ELEMENT(self), self->video_pad);

  self->text_pad = gst_pad_new_from_static_template(&text_template, "text");
  gst_pad_set_activatemode_function(self->text_pad, text_activate_mode);
  gst_pad_set_event_function(self->text_pad, source_event);
  gst_pad_set_query_function(self->text_pad, source_query);
  gst_element_add_pad(GST_ELEMENT(self), self->text_pad);
}
