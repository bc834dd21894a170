// SPDX-License-Identifier: MIT
#include "reader.h"

#include <gst/app/gstappsink.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "gstdeepseekocrmeta.h"
#include "phantom.h"
#include "pipeline.h"

namespace subtitles {
namespace {

// The queue lets the next frames be decoded while one is read.
constexpr const char* kPipeline =
    "filesrc name=file ! decodebin name=decoder ! videoconvert ! queue max-size-buffers=8 ! "
    "deepseekocr name=ocr text-format=subtitle text-timing=group post-messages=false "
    "ocr.src ! fakesink sync=false "
    "ocr.text ! appsink name=cues sync=false";

/// Cues as they come in from the text pad's thread.
class CueCollector {
 public:
  explicit CueCollector(GstElement* sink) {
    GstAppSinkCallbacks callbacks{};
    callbacks.new_sample = [](GstAppSink* app_sink, gpointer self) {
      g_autoptr(GstSample) sample = gst_app_sink_pull_sample(app_sink);
      if (sample != nullptr) static_cast<CueCollector*>(self)->add(sample);
      return GST_FLOW_OK;
    };
    gst_app_sink_set_callbacks(GST_APP_SINK(sink), &callbacks, this, nullptr);
  }

  Cues take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(cues_, {});
  }

 private:
  void add(GstSample* sample) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    if (buffer == nullptr || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return;
    Cue cue;
    cue.text.assign(reinterpret_cast<const char*>(map.data), map.size);
    gst_buffer_unmap(buffer, &map);
    cue.start = gst_segment_to_stream_time(gst_sample_get_segment(sample), GST_FORMAT_TIME, GST_BUFFER_PTS(buffer));
    cue.end = cue.start + (GST_BUFFER_DURATION_IS_VALID(buffer) ? GST_BUFFER_DURATION(buffer) : GST_SECOND);
    const GstStructure* reading = gst_deepseek_ocr_meta_get_structure(buffer);
    gboolean single_read = FALSE;
    if (reading != nullptr) gst_structure_get_boolean(reading, GST_DEEPSEEK_OCR_META_SINGLE_READ, &single_read);
    cue.confirmed = single_read == FALSE;
    const std::lock_guard lock(mutex_);
    cues_.push_back(std::move(cue));
  }

  std::mutex mutex_;
  Cues cues_;
};

/// Sound and other tracks are not decoded.
gboolean wants_decoding(GstElement* /*decodebin*/, GstPad* /*pad*/, GstCaps* caps, gpointer /*user_data*/) {
  const std::string type = gst_caps_is_any(caps) ? "" : gst_structure_get_name(gst_caps_get_structure(caps, 0));
  return !type.starts_with("audio/") && !type.starts_with("subpicture/") && !type.starts_with("text/");
}

void configure(const Pipeline& pipeline, const Options& options) {
  GstElement* ocr = pipeline.element("ocr");
  set_string(pipeline.element("file"), "location", options.input);
  g_signal_connect(pipeline.element("decoder"), "autoplug-continue", G_CALLBACK(wants_decoding), nullptr);
  set_string(ocr, "area", options.area);
  set_string(ocr, "model-path", options.model);
  set_string(ocr, "prompt", options.prompt);
  g_object_set(ocr, "confirm-reads", static_cast<guint>(options.confirm_reads), "vote-reads",
               static_cast<guint>(options.vote_reads), nullptr);
}

void seek(const Pipeline& pipeline, const Options& options) {
  if (!options.from && !options.to) return;
  const auto stop_type = options.to ? GST_SEEK_TYPE_SET : GST_SEEK_TYPE_NONE;
  const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE);
  if (!gst_element_seek(GST_ELEMENT(pipeline.bin()), 1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
                        static_cast<gint64>(options.from.value_or(0)), stop_type,
                        static_cast<gint64>(options.to.value_or(0))))
    throw std::runtime_error(options.input + " cannot be entered at another place than its beginning");
}

uint64_t duration_of(const Pipeline& pipeline) {
  gint64 duration = 0;
  return gst_element_query_duration(GST_ELEMENT(pipeline.bin()), GST_FORMAT_TIME, &duration) && duration > 0
             ? static_cast<uint64_t>(duration)
             : 0;
}

uint64_t position_of(const Pipeline& pipeline) {
  gint64 position = 0;
  return gst_element_query_position(GST_ELEMENT(pipeline.bin()), GST_FORMAT_TIME, &position) && position > 0
             ? static_cast<uint64_t>(position)
             : 0;
}

void take_stats(const Pipeline& pipeline, Outcome& outcome) {
  GstStructure* stats = nullptr;
  g_object_get(pipeline.element("ocr"), "stats", &stats, nullptr);
  gst_structure_get_uint64(stats, "frames-in", &outcome.frames);
  gst_structure_get_uint64(stats, "readings", &outcome.readings);
  gst_structure_get_uint64(stats, "rereads", &outcome.rereads);
  gst_structure_free(stats);
}

}  // namespace

Outcome read_cues(const Options& options, const Progress& progress) {
  Pipeline pipeline(kPipeline);
  configure(pipeline, options);
  CueCollector collector(pipeline.element("cues"));
  pipeline.pause();
  const uint64_t duration = duration_of(pipeline);
  if (duration > 0 && options.from.value_or(0) >= duration)
    throw std::runtime_error("--from lies behind the end of " + options.input);
  collector.take();  // of the beginning, which may not be wanted
  seek(pipeline, options);

  Outcome outcome;
  const uint64_t end = options.to && (duration == 0 || *options.to < duration) ? *options.to : duration;
  const auto started = std::chrono::steady_clock::now();
  uint64_t reached = options.from.value_or(0);
  pipeline.play([&] {
    reached = std::max(reached, position_of(pipeline));
    progress(reached, end);
  });
  outcome.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  outcome.length = std::max(end, reached) - options.from.value_or(0);
  take_stats(pipeline, outcome);
  pipeline.stop();
  outcome.cues = collector.take();
  if (!options.keep_phantoms) outcome.phantoms = remove_phantoms(outcome.cues);
  return outcome;
}

}  // namespace subtitles
