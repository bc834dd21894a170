// SPDX-License-Identifier: MIT
#include "reader.h"

#include <glib-unix.h>
#include <gst/video/video.h>

#include <algorithm>
#include <cstdio>
#include <stdexcept>

namespace live_labels {
namespace {

constexpr const char* kTestPicture = "videotest";
constexpr const char* kPosition = "live-labels-position";

GstElement* make(const char* factory) {
  GstElement* element = gst_element_factory_make(factory, nullptr);
  if (element != nullptr) return element;
  throw std::runtime_error(std::string("The GStreamer element ") + factory +
                           " is missing: install its plugin, and see that GST_PLUGIN_PATH leads to deepseekocr.");
}

uint64_t uint64_field(const GstStructure* structure, const char* name) {
  guint64 value = GST_CLOCK_TIME_NONE;
  gst_structure_get_uint64(structure, name, &value);
  return value;
}

double double_field(const GstStructure* structure, const char* name) {
  gdouble value = 0;
  gst_structure_get_double(structure, name, &value);
  return value;
}

std::string string_field(const GstStructure* structure, const char* name) {
  const gchar* text = gst_structure_get_string(structure, name);
  return text != nullptr ? text : "";
}

// Stream time where there is one: the time since the start of a file.
uint64_t time_of(const GstStructure* structure) {
  const uint64_t stream_time = uint64_field(structure, "stream-time");
  return GST_CLOCK_TIME_IS_VALID(stream_time) ? stream_time : uint64_field(structure, "running-time");
}

std::string uri_of(const std::string& input) {
  if (gst_uri_is_valid(input.c_str())) return input;
  GError* error = nullptr;
  gchar* uri = gst_filename_to_uri(input.c_str(), &error);
  if (uri == nullptr || !g_file_test(input.c_str(), G_FILE_TEST_EXISTS)) {
    g_clear_error(&error);
    g_free(uri);
    throw std::runtime_error("The input \"" + input +
                             "\" does not exist: name a file, v4l2:DEVICE, a URI or videotest.");
  }
  std::string result = uri;
  g_free(uri);
  return result;
}

std::string parsed_error(GstMessage* message, void (*parse)(GstMessage*, GError**, gchar**)) {
  GError* error = nullptr;
  parse(message, &error, nullptr);
  std::string sentence = error->message;
  g_clear_error(&error);
  return sentence;
}

}  // namespace

LabelReader::LabelReader(const Options& options, LabelTracker& tracker) : options_(options), tracker_(tracker) {
  loop_ = g_main_loop_new(nullptr, FALSE);
  pipeline_ = gst_pipeline_new("live-labels");
  try {
    GstElement* analysis = make_analysis();
    gst_bin_add(GST_BIN(pipeline_), analysis);
    add_probes(analysis);
    GstElement* source = make_source();
    gst_bin_add(GST_BIN(pipeline_), source);
    if (!gst_element_link(source, analysis)) {
      g_signal_connect(source, "pad-added", G_CALLBACK(on_pad), analysis);
      g_signal_connect(source, "no-more-pads", G_CALLBACK(on_no_more_pads), analysis);
    }
  } catch (...) {
    gst_object_unref(pipeline_);
    g_main_loop_unref(loop_);
    throw;
  }
}

LabelReader::~LabelReader() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  gst_object_unref(pipeline_);
  g_main_loop_unref(loop_);
}

// ------------------------------------------------------------------------------------------------ the pipeline

GstElement* LabelReader::make_source() {
  constexpr const char* kVideo4Linux = "v4l2:";
  if (options_.input == kTestPicture) {
    GstElement* source = make("videotestsrc");
    g_object_set(source, "num-buffers", 10 * std::min(options_.rate, 30), nullptr);  // it makes what is asked, to 30/s
    return source;
  }
  if (options_.input.starts_with(kVideo4Linux)) {
    GstElement* source = make("v4l2src");
    g_object_set(source, "device", options_.input.c_str() + std::char_traits<char>::length(kVideo4Linux), nullptr);
    return source;
  }
  const std::string uri = uri_of(options_.input);
  GstElement* source = make("uridecodebin");
  g_object_set(source, "uri", uri.c_str(), nullptr);
  return source;
}

bool LabelReader::has_barcodes() const {
  if (!options_.barcodes) return false;
  GstElementFactory* factory = gst_element_factory_find("zxing");
  if (factory == nullptr) {
    if (options_.verbose) std::fputs("zxing is not installed: barcodes are not read\n", stderr);
    return false;
  }
  gst_object_unref(factory);
  return true;
}

// I420 is what zxing takes; its first plane is the luma that sharpness is measured on.  Every frame with detail is
// read, also of a label that stands still: reads vote.
GstElement* LabelReader::make_analysis() {
  gst_object_unref(gst_object_ref_sink(make("deepseekocr")));  // one sentence if it is missing
  const std::string description =
      std::string("videorate drop-only=true max-rate=") + std::to_string(options_.rate) +
      " ! videoconvert ! video/x-raw,format=I420 ! " + (has_barcodes() ? "zxing ! " : "") +
      "deepseekocr name=ocr text-timing=immediate change-threshold=0 ! fakesink sync=false async=false "
      "ocr.text ! fakesink sync=false async=false";
  GError* error = nullptr;
  GstElement* analysis = gst_parse_bin_from_description(description.c_str(), TRUE, &error);
  if (error != nullptr) {
    const std::string sentence = error->message;
    g_clear_error(&error);
    if (analysis != nullptr) gst_object_unref(gst_object_ref_sink(analysis));
    throw std::runtime_error(sentence + ".");
  }
  GstElement* ocr = gst_bin_get_by_name(GST_BIN(analysis), "ocr");
  g_object_set(ocr, "area", options_.area.c_str(), "model-path", options_.model.c_str(), nullptr);
  if (options_.input == kTestPicture) g_object_set(ocr, "skip-blank", FALSE, nullptr);  // it holds no text
  if (!options_.device.empty()) g_object_set(ocr, "device", options_.device.c_str(), nullptr);
  gst_object_unref(ocr);
  return analysis;
}

void LabelReader::add_probes(GstElement* analysis) {
  GstElement* ocr = gst_bin_get_by_name(GST_BIN(analysis), "ocr");
  GstPad* sink = gst_element_get_static_pad(ocr, "sink");
  GstPad* text = gst_element_get_static_pad(ocr, "text");
  gst_pad_add_probe(sink, GST_PAD_PROBE_TYPE_BUFFER, on_frame, this, nullptr);
  gst_pad_add_probe(text, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_text_event, this, nullptr);
  gst_object_unref(text);
  gst_object_unref(sink);
  gst_object_unref(ocr);
}

void LabelReader::on_pad(GstElement* /*source*/, GstPad* pad, gpointer analysis) {
  GstPad* sink = gst_element_get_static_pad(GST_ELEMENT(analysis), "sink");
  // One video is read; what else the input holds is left alone, and sound does not fit.
  if (!gst_pad_is_linked(sink)) gst_pad_link(pad, sink);
  gst_object_unref(sink);
}

void LabelReader::on_no_more_pads(GstElement* source, gpointer analysis) {
  GstPad* sink = gst_element_get_static_pad(GST_ELEMENT(analysis), "sink");
  if (!gst_pad_is_linked(sink)) GST_ELEMENT_ERROR(source, STREAM, WRONG_TYPE, ("The input holds no video."), (nullptr));
  gst_object_unref(sink);
}

// ------------------------------------------------------------------------------------------------ streaming threads

GstPadProbeReturn LabelReader::on_frame(GstPad* pad, GstPadProbeInfo* info, gpointer self) {
  GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
  GstCaps* caps = gst_pad_get_current_caps(pad);
  GstVideoInfo video;
  GstVideoFrame frame;
  if (caps != nullptr && gst_video_info_from_caps(&video, caps) &&
      gst_video_frame_map(&frame, &video, buffer, GST_MAP_READ)) {
    const double sharpness =
        sharpness_of(static_cast<const uint8_t*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0)), GST_VIDEO_FRAME_WIDTH(&frame),
                     GST_VIDEO_FRAME_HEIGHT(&frame), GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0));
    static_cast<LabelReader*>(self)->sharpness_.add(GST_BUFFER_PTS(buffer), sharpness);
    gst_video_frame_unmap(&frame);
  }
  if (caps != nullptr) gst_caps_unref(caps);
  return GST_PAD_PROBE_OK;
}

// A GAP says that no text comes for this time: frames without text tell so even where they are not read.  It takes the
// way of the reads' messages, so that it does not overtake them.
GstPadProbeReturn LabelReader::on_text_event(GstPad* pad, GstPadProbeInfo* info, gpointer /*self*/) {
  GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
  if (GST_EVENT_TYPE(event) != GST_EVENT_GAP) return GST_PAD_PROBE_OK;
  GstClockTime start = GST_CLOCK_TIME_NONE;
  gst_event_parse_gap(event, &start, nullptr);
  if (!GST_CLOCK_TIME_IS_VALID(start)) return GST_PAD_PROBE_OK;
  GstElement* ocr = gst_pad_get_parent_element(pad);
  if (ocr == nullptr) return GST_PAD_PROBE_OK;
  GstStructure* position = gst_structure_new(kPosition, "stream-time", G_TYPE_UINT64, start, nullptr);
  gst_element_post_message(ocr, gst_message_new_application(GST_OBJECT(ocr), position));
  gst_object_unref(ocr);
  return GST_PAD_PROBE_OK;
}

// ------------------------------------------------------------------------------------------------ messages

void LabelReader::run() {
  GstBus* bus = gst_element_get_bus(pipeline_);
  gst_bus_add_watch(bus, on_message, this);
  const guint signals[] = {g_unix_signal_add(SIGINT, on_signal, this), g_unix_signal_add(SIGTERM, on_signal, this)};
  // A failure posts an ERROR, which ends the loop.
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  g_main_loop_run(loop_);
  gst_element_set_state(pipeline_, GST_STATE_NULL);
  for (const guint signal : signals) g_source_remove(signal);
  gst_bus_remove_watch(bus);
  gst_object_unref(bus);
  tracker_.finish();
  if (!error_.empty()) throw std::runtime_error(error_);
}

gboolean LabelReader::on_signal(gpointer self) {
  g_main_loop_quit(static_cast<LabelReader*>(self)->loop_);
  return G_SOURCE_CONTINUE;
}

gboolean LabelReader::on_message(GstBus* /*bus*/, GstMessage* message, gpointer self) {
  static_cast<LabelReader*>(self)->handle(message);
  return G_SOURCE_CONTINUE;
}

void LabelReader::handle(GstMessage* message) {
  const GstStructure* structure = gst_message_get_structure(message);
  switch (GST_MESSAGE_TYPE(message)) {
    case GST_MESSAGE_ELEMENT:
      if (gst_structure_has_name(structure, "deepseekocr")) handle_reading(structure);
      if (gst_structure_has_name(structure, "barcode")) handle_barcode(structure);
      break;
    case GST_MESSAGE_APPLICATION:
      if (gst_structure_has_name(structure, kPosition)) handle_position(structure);
      break;
    case GST_MESSAGE_WARNING:
      std::fprintf(stderr, "warning: %s\n", parsed_error(message, gst_message_parse_warning).c_str());
      break;
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency(GST_BIN(pipeline_));
      break;
    case GST_MESSAGE_ERROR:
      if (error_.empty()) error_ = parsed_error(message, gst_message_parse_error);
      g_main_loop_quit(loop_);
      break;
    case GST_MESSAGE_EOS:
      g_main_loop_quit(loop_);
      break;
    default:
      break;
  }
}

void LabelReader::handle_reading(const GstStructure* reading) {
  Read read;
  read.time = time_of(reading);
  if (!GST_CLOCK_TIME_IS_VALID(read.time)) return;
  read.text = string_field(reading, "text");
  read.confidence = double_field(reading, "confidence");
  read.sharpness = sharpness_.find(uint64_field(reading, "pts"));
  const uint64_t latency = uint64_field(reading, "latency");
  if (GST_CLOCK_TIME_IS_VALID(latency)) longest_latency_ = std::max(longest_latency_, latency);
  if (options_.verbose) {
    std::fprintf(stderr, "%.2f s, confidence %.2f, sharpness %.0f:\n%s\n", static_cast<double>(read.time) / 1e9,
                 read.confidence, read.sharpness, read.text.c_str());
  }
  tracker_.add(read);
}

void LabelReader::handle_barcode(const GstStructure* structure) {
  const Barcode barcode{time_of(structure), string_field(structure, "type"), string_field(structure, "symbol")};
  if (!GST_CLOCK_TIME_IS_VALID(barcode.time)) return;
  if (options_.verbose) {
    std::fprintf(stderr, "%.2f s, %s: %s\n", static_cast<double>(barcode.time) / 1e9, barcode.type.c_str(),
                 barcode.content.c_str());
  }
  tracker_.add(barcode);
}

// Live, positions run ahead of the reads that are under way: by no more than the longest of them took.
void LabelReader::handle_position(const GstStructure* position) {
  const uint64_t time = uint64_field(position, "stream-time");
  if (time > longest_latency_) tracker_.advance(time - longest_latency_);
}

}  // namespace live_labels
