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

/// Slices of a standing text that are sent at once after a stall; what is still missing then is a gap.
constexpr int kMaxSlices = 16;

/// First slice of a text whose frame has no duration, where it lies ahead of the stream.
constexpr uint64_t kShortestSlice = 40 * GST_MSECOND;

/// Least probability of a token from which on a text is taken at its word, to the character.
constexpr double kSharp = 0.5;

bool is_sharp(const Reading& reading) {
  return reading.agreement && reading.confidence_min >= kSharp;
}

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

EventPtr make_text_segment(GstEvent* upstream, uint64_t lateness) {
  const GstSegment* video = nullptr;
  gst_event_parse_segment(upstream, &video);
  GstSegment text;
  gst_segment_init(&text, GST_FORMAT_TIME);
  if (video->format == GST_FORMAT_TIME) {
    text.flags = video->flags;
    text.rate = video->rate * video->applied_rate;
    text.base = video->base + lateness;
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
  begin_segment(event.get());
  gst_pad_push_event(pad_, event.release());
  // At once, long before a first reading: a sink in PAUSED waits for something.  It blocks there until PLAYING, which
  // is why this pad has a thread of its own.
  gst_pad_push_event(pad_, gst_event_new_gap(position_, GST_CLOCK_TIME_NONE));
  return GST_FLOW_OK;
}

void TextStream::begin_segment(GstEvent* event) {
  const uint64_t told = has_segment_ && !backwards_ ? gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, position_)
                                                    : GST_CLOCK_TIME_NONE;
  gst_event_copy_segment(event, &segment_);
  has_segment_ = true;
  backwards_ = segment_.rate < 0;
  position_ = backwards_ ? segment_.stop : segment_.start;
  // Without a flush, running time goes on from where it was.
  const uint64_t earliest = gst_segment_position_from_running_time(&segment_, GST_FORMAT_TIME, told);
  if (!backwards_ && GST_CLOCK_TIME_IS_VALID(earliest)) position_ = std::max(position_, earliest);
  reached_ = position_;
  withheld_gap_ = 0;
  standing_.clear();
}

GstFlowReturn TextStream::send_event(EventPtr event) {
  if (send_cue() == GST_FLOW_FLUSHING) return GST_FLOW_FLUSHING;
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT) return send_segment(std::move(event));
  if (GST_EVENT_TYPE(event.get()) == GST_EVENT_STREAM_START) stream_start_.reset(gst_event_ref(event.get()));
  gst_pad_push_event(pad_, event.release());
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::send_gap(uint64_t start, uint64_t end) {
  standing_.clear();
  has_last_text_ = false;  // the same text behind it is not a repeat
  if (const auto cue = cue_.add({"", start, end})) {
    const GstFlowReturn flow = push_cue(*cue);
    if (flow < GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED) return flow;
  }
  return push_gap(start, end);
}

GstFlowReturn TextStream::push_gap(uint64_t start, uint64_t end) {
  if (!has_segment_) return GST_FLOW_OK;
  if (cue_.open()) {
    // The same text may come again behind a short hole: the cue goes first.
    if (end != kNoTime) withheld_gap_ = std::max(withheld_gap_, end);
    return GST_FLOW_OK;
  }
  if (backwards_) {
    if (end != kNoTime) end = std::min(end, position_);
    position_ = std::min(position_, start);
  } else {
    start = std::max(start, position_);
    position_ = end == kNoTime ? start : std::max(position_, end);
  }
  if (end != kNoTime && end <= start) return GST_FLOW_OK;
  gst_pad_push_event(pad_, gst_event_new_gap(start, end == kNoTime ? GST_CLOCK_TIME_NONE : end - start));
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::send_nudge() {
  if (has_segment_) gst_pad_push_event(pad_, gst_event_new_gap(position_, GST_CLOCK_TIME_NONE));
  return GST_FLOW_OK;
}

GstFlowReturn TextStream::reach(uint64_t running_time) {
  if (!has_segment_ || backwards_) return GST_FLOW_OK;
  const uint64_t reached = gst_segment_position_from_running_time(&segment_, GST_FORMAT_TIME, running_time);
  if (!GST_CLOCK_TIME_IS_VALID(reached)) return GST_FLOW_OK;
  reached_ = std::max(reached_, reached);
  GstFlowReturn flow = GST_FLOW_OK;
  for (int slices = 0; slices < kMaxSlices && flow == GST_FLOW_OK; ++slices) {
    const auto slice = standing_.extend(position_, reached_);
    if (!slice) break;
    flow = push_slice(*slice);
  }
  return reached_ > position_ ? push_gap(position_, reached_) : flow;
}

// ------------------------------------------------------------------------------------------------ text

bool TextStream::makes_cues(const Slot& slot) const {
  if (format_ == TextFormat::kJson || format_ == TextFormat::kRaw) return false;
  return slot.group != nullptr || downstream_.consumer != TextConsumer::kSink || format_ == TextFormat::kSubtitle;
}

bool TextStream::is_changed(const Reading& reading) {
  const bool changed = !has_last_text_ || reading.raw != last_text_;
  last_text_ = reading.raw;
  has_last_text_ = true;
  return changed;
}

GstFlowReturn TextStream::send_reading(const TextItem& item, bool live, bool changed) {
  if (!has_segment_) return GST_FLOW_OK;
  const Slot& slot = *item.slot;
  const Settings& settings = *slot.settings;
  if (gst_pad_needs_reconfigure(pad_) && !negotiate(settings)) return GST_FLOW_NOT_NEGOTIATED;
  const Reading& reading = *slot.reading;
  const uint64_t shown = item.start == kNoTime ? position_ : item.start;
  if (backwards_) return push_gap(shown, item.end);
  if (reading.finish_reason == DSOCR_FINISH_CANCELLED) return GST_FLOW_OK;
  // A live result comes after downstream was told to go on: it cannot be stamped earlier.
  const uint64_t start = live ? std::max(shown, position_) : shown;
  const uint64_t end = item.end == kNoTime || item.start == kNoTime ? kNoTime : start + (item.end - item.start);
  const auto meta = [&] { return reading_structure(slot.frame, reading, settings, changed); };
  if (item.continuation && !makes_cues(slot)) return live ? GST_FLOW_OK : push_gap(start, end);
  if (format_ == TextFormat::kJson)
    return push_text(json_line(slot.frame, reading, changed, {item.start, item.end}), start, end, meta());

  const std::string text = reading.usable() ? format_text(reading, format_) : "";
  if (live && !slot.group && item.continuation) return GST_FLOW_OK;  // it stands anyway
  if (live && !slot.group && format_ != TextFormat::kRaw) return send_live_text(item.slot, text);
  if (makes_cues(slot))
    return add_to_cue({text, start, end, item.slot, reading.confidence, is_sharp(reading)}, settings);
  if (text.empty()) return push_gap(start, end);
  return push_text(text, start, end, meta());
}

GstFlowReturn TextStream::send_live_text(const SlotPtr& slot, const std::string& text) {
  const FrameInfo& frame = slot->frame;
  const uint64_t time = frame.stream_time == kNoTime ? position_ : frame.stream_time;
  const uint64_t duration = frame.duration == kNoTime ? kShortestSlice : frame.duration;
  standing_.set_step(slot->settings->timing.cue_step_ms * GST_MSECOND);
  standing_slot_ = slot;
  standing_text_ = text;
  const auto slice = standing_.show(text, time, duration, position_, reached_);
  return slice ? push_slice(*slice) : GST_FLOW_OK;
}

GstFlowReturn TextStream::push_slice(const StandingText::Slice& slice) {
  const Slot& slot = *standing_slot_;
  if (slice.start > position_) push_gap(position_, slice.start);
  return push_text(standing_text_, slice.start, slice.end,
                   reading_structure(slot.frame, *slot.reading, *slot.settings, !slice.repeat));
}

GstFlowReturn TextStream::add_to_cue(Cue part, const Settings& settings) {
  const uint64_t start = part.start, end = part.end;
  const bool empty = part.text.empty();
  cue_.set_bridge(settings.timing.merge_gap_ms * GST_MSECOND);
  if (const auto cue = cue_.add(std::move(part))) {
    const GstFlowReturn flow = push_cue(*cue);
    if (flow < GST_FLOW_OK && flow != GST_FLOW_NOT_LINKED) return flow;
  }
  if (empty) return push_gap(start, end);
  // Who holds the video back gets the text in steps.
  const bool step_is_full = keeps_cue() && cue_.length() >= settings.timing.cue_step_ms * GST_MSECOND;
  return step_is_full ? send_cue() : GST_FLOW_OK;
}

GstFlowReturn TextStream::send_cue() {
  const auto cue = cue_.finish();
  return cue ? push_cue(*cue) : GST_FLOW_OK;
}

GstFlowReturn TextStream::push_cue(const Cue& cue) {
  const Slot& slot = *cue.slot;
  // What was sent in steps may reach further than is known now.
  const uint64_t start = std::max(cue.start, position_);
  const uint64_t end = cue.end == kNoTime || cue.end > start ? cue.end : start + (cue.end - cue.start);
  const GstFlowReturn flow =
      push_text(cue.text, start, end, reading_structure(slot.frame, *slot.reading, *slot.settings, !is_repeat(cue)));
  sent_cue_ = cue.slot;
  if (withheld_gap_ > position_) push_gap(position_, withheld_gap_);
  return flow;
}

/// A cue that is sent in steps is new with its first one.
bool TextStream::is_repeat(const Cue& cue) const {
  return cue.slot == sent_cue_;
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
