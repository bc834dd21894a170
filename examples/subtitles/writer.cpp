// SPDX-License-Identifier: MIT
#include "writer.h"

#include <gst/app/gstappsrc.h>

#include <stdexcept>

#include "pipeline.h"

namespace subtitles {
namespace {

/// All cues are known, so nobody ever waits for one.
constexpr const char* kCues = "appsrc name=cues format=time max-bytes=0 caps=text/x-raw,format=utf8";

/// The distance between a video's streams in their file is what a queue before the muxer must take.
constexpr const char* kQueue = "queue max-size-buffers=0 max-size-time=0 max-size-bytes=268435456";

bool is_subtitle_file(const std::string& type) {
  return type == "srt" || type == "vtt";
}

GstBuffer* buffer_of(const Cue& cue, bool webvtt) {
  const std::string text = webvtt ? escape_webvtt(cue.text) : cue.text;
  GstBuffer* buffer = gst_buffer_new_memdup(text.data(), text.size());
  GST_BUFFER_PTS(buffer) = cue.start;
  GST_BUFFER_DURATION(buffer) = cue.end - cue.start;
  return buffer;
}

/// Hands all cues to the appsrc named "cues".
void queue_cues(GstBin* bin, const Cues& cues, bool webvtt) {
  g_autoptr(GstElement) source = gst_bin_get_by_name(bin, "cues");
  for (const Cue& cue : to_milliseconds(cues)) gst_app_src_push_buffer(GST_APP_SRC(source), buffer_of(cue, webvtt));
  gst_app_src_end_of_stream(GST_APP_SRC(source));
}

void write_file(const Cues& cues, const std::string& output, bool webvtt) {
  Pipeline pipeline(std::string(kCues) + (webvtt ? " ! webvttenc" : " ! srtenc") + " ! filesink name=output");
  set_string(pipeline.element("output"), "location", output);
  queue_cues(pipeline.bin(), cues, webvtt);
  pipeline.play([] {});
}

// ------------------------------------------------------------------------------------------------ tracks

/// A copy of the video with a track.
class TrackWriter {
 public:
  TrackWriter(const Cues& cues, const Options& options, const std::string& output)
      : pipeline_(description_for(ending(output))) {
    set_string(pipeline_.element("file"), "location", options.input);
    set_string(pipeline_.element("output"), "location", output);
    add_track(cues, options.language);
    g_signal_connect(pipeline_.element("streams"), "pad-added", G_CALLBACK(copy_stream), this);
  }
  void run() {
    pipeline_.play([] {});
  }

 private:
  static std::string description_for(const std::string& type) {
    const std::string muxer = type == "mkv" ? "matroskamux" : type == "mov" ? "qtmux" : "mp4mux";
    return "filesrc name=file ! parsebin name=streams " + muxer + " name=muxer ! filesink name=output";
  }

  /// Links a stream of the video to the muxer, or to nothing where this kind of file does not take it.
  static void copy_stream(GstElement* /*parsebin*/, GstPad* pad, TrackWriter* self) {
    g_autoptr(GstCaps) caps = gst_pad_query_caps(pad, nullptr);
    g_autoptr(GstPad) input = gst_element_get_compatible_pad(self->pipeline_.element("muxer"), pad, caps);
    if (input == nullptr) self->leave_out(caps);
    g_autoptr(GError) error = nullptr;
    const char* description = input != nullptr ? kQueue : "fakesink async=false sync=false";
    GstElement* between = gst_parse_bin_from_description(description, TRUE, &error);
    gst_bin_add(self->pipeline_.bin(), between);
    g_autoptr(GstPad) sink = gst_element_get_static_pad(between, "sink");
    g_autoptr(GstPad) source = gst_element_get_static_pad(between, "src");
    if (source != nullptr) gst_pad_link(source, input);
    gst_element_sync_state_with_parent(between);
    gst_pad_link(pad, sink);
    if (input != nullptr) self->start_track();
  }

  /// A copy may lack a stream, but not the video.
  void leave_out(GstCaps* caps) {
    const std::string type = gst_structure_get_name(gst_caps_get_structure(caps, 0));
    if (type.starts_with("video/")) {
      GST_ELEMENT_ERROR(pipeline_.bin(), STREAM, WRONG_TYPE,
                        ("this kind of file does not take %s video; write an .mkv file", type.c_str()), (nullptr));
    } else {
      g_printerr("\nwarning: a stream is left out, this kind of file does not take %s\n", type.c_str());
    }
  }

  /// The track has its place in the muxer from the beginning, and its texts come when the first stream has its own: a
  /// muxer that has begun to write takes no further streams.
  void add_track(const Cues& cues, const std::string& language) {
    const std::string description = std::string(kCues) + " ! taginject name=tags ! queue";
    g_autoptr(GError) error = nullptr;
    track_ = gst_parse_bin_from_description(description.c_str(), TRUE, &error);
    if (track_ == nullptr) throw std::runtime_error(error->message);
    gst_bin_add(pipeline_.bin(), track_);
    gst_element_set_locked_state(track_, TRUE);
    if (!language.empty()) set_string(pipeline_.element("tags"), "tags", "language-code=" + language);
    queue_cues(GST_BIN(track_), cues, false);
    if (!gst_element_link_pads(track_, "src", pipeline_.element("muxer"), "subtitle_%u"))
      throw std::runtime_error("this kind of file takes no subtitle track");
  }

  void start_track() {
    gst_element_set_locked_state(track_, FALSE);
    gst_element_sync_state_with_parent(track_);
  }

  GstElement* track_ = nullptr;
  Pipeline pipeline_;  // last: its threads end before the rest goes
};

}  // namespace

std::string escape_webvtt(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '&')
      escaped += "&amp;";
    else if (c == '<')
      escaped += "&lt;";
    else if (c == '>')
      escaped += "&gt;";
    else
      escaped += c;
  }
  return escaped;
}

void write_cues(const Cues& cues, const Options& options, const std::string& output) {
  const std::string type = ending(output);
  if (is_subtitle_file(type))
    write_file(cues, output, type == "vtt");
  else
    TrackWriter(cues, options, output).run();
}

}  // namespace subtitles
