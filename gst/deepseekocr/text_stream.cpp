// SPDX-License-Identifier: MIT
#include "deepseekocr/text_stream.h"

#include <algorithm>
#include <utility>

#include "deepseekocr/element.h"
#include "deepseekocr/metadata.h"
#include "deepseekocr/text_format.h"
#include "meta/meta_registration.h"

namespace deepseekocr::plugin {
namespace {

/// Longest piece of a cue for those who hold the video back: half of what is held for them by default.
constexpr uint64_t kCueStep = 500 * GST_MSECOND;

uint64_t to_stream_time(const GstSegment& segment, uint64_t position) {
  const guint64 time = gst_segment_to_stream_time(&segment, GST_FORMAT_TIME, position);
  return time == kNoTime ? position : time;
}

}  // namespace

CapsPtr text_caps(TextFormat format) {
  return CapsPtr(format == TextFormat::kJson
                     ? gst_caps_new_empty_simple("application/x-json")
                     : gst_caps_new_simple("text/x-raw", "format", G_TYPE_STRING, "utf8", nullptr));
}

EventPtr make_text_stream_start(GstEvent* upstream) {
  const gchar* stream_id = nullptr;
  gst_event_parse_stream_start(upstream, &stream_id);
  const std::string text_id = std::string(stream_id) + "/text";
  EventPtr event(gst_event_new_stream_start(text_id.c_str()));
  guint group_id = GST_GROUP_ID_INVALID;
  if (gst_event_parse_group_id(upstream, &group_id)) gst_event_set_group_id(event.get(), group_id);
  gst_event_set_stream_flags(event.get(), GST_STREAM_FLAG_SPARSE);
  gst_event_set_seqnum(event.get(), gst_event_get_seqnum(upstream));
  return event;
}

EventPtr make_text_segment(GstEvent* upstream) {
  const GstSegment* video = nullptr;
  gst_event_parse_segment(upstream, &video);
  GstSegment text;
  gst_segment_init(&text, GST_FORMAT_TIME);
  if (video->format == GST_FORMAT_TIME) {
    text.flags = video->flags;
    text.rate = video->rate * video->applied_rate;
    text.base = video->base;
    const uint64_t start = to_stream_time(*video, video->start + (video->rate > 0 ? video->offset : 0));
    text.start = text.time = start;
    if (GST_CLOCK_TIME_IS_VALID(video->stop)) {
      const uint64_t stop = to_stream_time(*video, video->stop - (video->rate < 0 ? video->offset : 0));
      text.start = text.time = std::min(start, stop);
      text.stop = std::max(start, stop);
    }
    text.position = text.start;
  }
  EventPtr event(gst_event_new_segment(&text));
  gst_event_set_seqnum(event.get(), gst_event_get_seqnum(upstream));
  return event;
}

void TextStream::reset(GstPad* pad) {
  *this = TextStream();
  pad_ = pad;
}

// ------------------------------------------------------------------------------------------------ events

bool TextStream::negotiate(const Settings& settings) {
  gst_pad_check_reconfigure(pad_);  // clears the flag: this is the renegotiation that it asks for
  const CapsPtr caps = text_caps(settings.text_format);
  const CapsPtr peer(gst_pad_peer_query_caps(pad_, nullptr));
  if (!gst_caps_can_intersect(caps.get(), peer.get())) {
    const PadPtr sink(gst_pad_get_peer(pad_));
    g_autofree gchar* ours = gst_caps_to_string(caps.get());
    g_autofree gchar* theirs = gst_caps_to_string(peer.get());
    const ElementPtr self(gst_pad_get_parent_element(pad_));
    GST_ELEMENT_ERROR(self.get(), CORE, NEGOTIATION,
                      ("text-format=%s gives %s, but downstream of the text pad takes %s; set another text-format or "
                       "link another element.",
                       text_format_name(settings.text_format), ours, theirs),
                      ("peer: %" GST_PTR_FORMAT, static_cast<gpointer>(sink.get())));
    return false;
  }
  format_ = settings.text_format;
  negotiated_ = true;
  const CapsPtr current(gst_pad_get_current_caps(pad_));
  if (current == nullptr || !gst_caps_is_equal(current.get(), caps.get()))
    gst_pad_push_event(pad_, gst_event_new_caps(caps.get()));
  refresh_downstream(settings);
  return true;
}

void TextStream::refresh_downstream(const Settings& settings) {
  downstream_ = find_text_downstream(pad_);
  const bool line_based = downstream_.consumer == TextConsumer::kSink && settings.text_format != TextFormat::kSubtitle;
  terminator_ = line_based ? settings.text_terminator : "";
}

GstFlowReturn TextStream::send_segment(EventPtr event) {
  const ElementPtr self(gst_pad_get_parent_element(pad_));
  // Pushed into a flush, they were dropped.
  const EventPtr told(gst_pad_get_sticky_event(pad_, GST_EVENT_STREAM_START, 0));
  if (told == nullptr && stream_start_ != nullptr) gst_pad_push_event(pad_, gst_event_ref(stream_start_.get()));
  const bool has_caps = gst_pad_has_current_caps(pad_) != FALSE;
  if ((!negotiated_ || !has_caps) && !negotiate(copy_settings(GST_DEEPSEEK_OCR(self.get()))))
    return GST_FLOW_NOT_NEGOTIATED;
  gst_event_copy_segment(event.get(), &segment_);
  has_segment_ = true;
  backwards_ = segment_.rate < 0;
  position_ = segment_.start;
  gst_pad_push_event(pad_, event.release());
  // At once, long before a first reading: a sink in PAUSED waits for something.  It blocks there until PLAYING, which
  // is why this pad has a thread of its own.
  gst_pad_push_event(pad_, gst_event_new_gap(position_, GST_CLOCK_TIME_NONE));
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::send_event(EventPtr event) {
  if (send_cue() == GST_FLOW_FLUSHING) return GST_FLOW_FLUSHING;
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT) return send_segment(std::move(event));
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_STREAM_START) stream_start_.reset(gst_event_ref(event.get()));
  gst_pad_push_event(pad_, event.release());
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::send_gap(uint64_t start, uint64_t end) {
  if (!has_segment_ || cue_.open()) return GST_FLOW_OK;
  start = std::max(start, position_);
  if (end != kNoTime && end <= start) return GST_FLOW_OK;
  gst_pad_push_event(pad_, gst_event_new_gap(start, end == kNoTime ? GST_CLOCK_TIME_NONE : end - start));
  position_ = end == kNoTime ? start : end;
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::send_repeat(const Slot& slot, uint64_t start, uint64_t end, bool live) {
  if (!has_segment_ || backwards_ || live) return GST_FLOW_OK;  // live, gaps follow the frames
  if (start == kNoTime) start = position_;
  const bool shows_text = slot.reading->usable() && makes_cues(*slot.settings, live);
  const std::string text = shows_text ? format_text(*slot.reading, format_) : "";
  return text.empty() ? send_gap(start, end) : add_to_cue(text, start, end);
}

GstFlowReturn TextStream::send_blank(uint64_t start, uint64_t end) {
  if (!has_segment_ || backwards_) return GST_FLOW_OK;
  has_last_text_ = false;  // the same text coming back is a change
  return add_to_cue("", start == kNoTime ? position_ : start, end);
}

// ------------------------------------------------------------------------------------------------ text

bool TextStream::makes_cues(const Settings& settings, bool live) const {
  if (live || format_ == TextFormat::kJson || format_ == TextFormat::kRaw) return false;
  return downstream_.consumer != TextConsumer::kSink || settings.text_format == TextFormat::kSubtitle;
}

bool TextStream::is_changed(const Reading& reading) {
  const bool changed = !has_last_text_ || reading.raw != last_text_;
  last_text_ = reading.raw;
  has_last_text_ = true;
  return changed;
}

GstFlowReturn TextStream::send_reading(const Slot& slot, bool live, bool changed) {
  if (!has_segment_) return GST_FLOW_OK;
  const Settings& settings = *slot.settings;
  if (gst_pad_needs_reconfigure(pad_) && !negotiate(settings)) return GST_FLOW_NOT_NEGOTIATED;
  const Reading& reading = *slot.reading;
  const uint64_t frame_start = slot.frame.stream_time == kNoTime ? position_ : slot.frame.stream_time;
  // A live result comes after downstream was told to go on: it cannot be stamped earlier.
  const uint64_t start = live ? std::max(frame_start, position_) : frame_start;
  const uint64_t end = slot.frame.duration == kNoTime ? kNoTime : start + slot.frame.duration;
  if (backwards_) return GST_FLOW_OK;
  if (reading.finish_reason == DSOCR_FINISH_CANCELLED) return GST_FLOW_OK;
  const auto meta = [&] { return reading_structure(slot.frame, reading, settings, changed); };
  if (format_ == TextFormat::kJson) return push_text(json_line(slot.frame, reading, changed), start, end, meta());

  const std::string text = reading.usable() ? format_text(reading, format_) : "";
  if (makes_cues(settings, live)) return add_to_cue(text, start, end);
  if (text.empty()) return send_gap(start, end);
  return push_text(text, start, end, meta());
}

GstFlowReturn TextStream::add_to_cue(const std::string& text, uint64_t start, uint64_t end) {
  if (auto cue = cue_.add(text, start, end)) {
    const GstFlowReturn flow = push_cue(*cue);
    if (flow < GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED) return flow;
  }
  if (text.empty()) return send_gap(start, end);
  // Who holds the video back gets the text in steps.
  const bool step_is_full = keeps_cue() && cue_.length() >= kCueStep;
  return step_is_full ? send_cue() : GST_FLOW_OK;
}

GstFlowReturn TextStream::send_cue() {
  const auto cue = cue_.finish();
  return cue ? push_cue(*cue) : GST_FLOW_OK;
}

GstFlowReturn TextStream::push_cue(const Cue& cue) {
  return push_text(cue.text, cue.start, cue.end, nullptr);
}

GstFlowReturn TextStream::push_text(const std::string& text, uint64_t start, uint64_t end, StructurePtr meta) {
  const std::string bytes = (downstream_.webvtt ? escape_webvtt(text) : text) + terminator_;
  GstBuffer* buffer = gst_buffer_new_memdup(bytes.data(), bytes.size());
  GST_BUFFER_PTS(buffer) = start;
  if (end != kNoTime && end > start) GST_BUFFER_DURATION(buffer) = end - start;
  if (meta != nullptr) gst_deepseek_ocr_meta_attach(buffer, meta.get());
  position_ = std::max(position_, end == kNoTime ? start : end);
  return gst_pad_push(pad_, buffer);
}

}  // namespace deepseekocr::plugin
