// SPDX-License-Identifier: MIT
// What leaves the text pad: events, buffers and gaps, in an own segment whose positions are stream time.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <string>

#include "deepseekocr/cue_builder.h"
#include "deepseekocr/gst_ptr.h"
#include "deepseekocr/slot.h"
#include "deepseekocr/text_downstream.h"

namespace deepseekocr::plugin {

/// Used by the text pad's task alone, or while that task does not run.
class TextStream {
 public:
  /// Forgets everything: a flush, or a new start.
  void reset(GstPad* pad);
  /// Sends `event`, with the cue before it and, behind a SEGMENT, a first GAP that lets paused sinks preroll.
  GstFlowReturn send_event(EventPtr event);
  /// Whether `reading` differs from the one before.
  bool is_changed(const Reading& reading);
  /// Sends the reading of a slot as buffer, cue or gap.  `live`: what is late is stamped at the position.
  GstFlowReturn send_reading(const Slot& slot, bool live, bool changed);
  GstFlowReturn send_gap(uint64_t start, uint64_t end);
  /// Frames from `start` to `end` show the text of a slot that was sent: a cue goes on, other texts are not sent twice.
  GstFlowReturn send_repeat(const Slot& slot, uint64_t start, uint64_t end, bool live);
  /// Frames from `start` to `end` show no text: what is open ends at `start`.
  GstFlowReturn send_blank(uint64_t start, uint64_t end);
  /// Whether text is kept back that a muxer or overlay may be waiting for.
  bool keeps_cue() const { return cue_.open() && downstream_.consumer == TextConsumer::kJoin; }
  /// Sends the open cue as far as it is known.
  GstFlowReturn send_cue();

 private:
  bool negotiate(const Settings& settings);
  void refresh_downstream(const Settings& settings);
  bool makes_cues(const Settings& settings, bool live) const;
  GstFlowReturn send_segment(EventPtr event);
  GstFlowReturn push_cue(const Cue& cue);
  GstFlowReturn add_to_cue(const std::string& text, uint64_t start, uint64_t end);
  GstFlowReturn push_text(const std::string& text, uint64_t start, uint64_t end, StructurePtr meta);

  GstPad* pad_ = nullptr;
  GstSegment segment_{};
  CueBuilder cue_;
  TextDownstream downstream_;
  TextFormat format_ = TextFormat::kPlain;
  std::string terminator_, last_text_;
  EventPtr stream_start_;  // the last one, to be repeated where a flush swallowed it
  bool negotiated_ = false, has_segment_ = false, has_last_text_ = false, backwards_ = false;
  uint64_t position_ = 0; /**< stream time up to which downstream knows everything */
};

/// What the text pad gives in `format`.
CapsPtr text_caps(TextFormat format);

/// The text pad's STREAM_START for the one that came in: an id of its own, the same group, sparse.
EventPtr make_text_stream_start(GstEvent* upstream);

/// The text pad's SEGMENT for the one that came in: positions are its stream times, running times are the same.
EventPtr make_text_segment(GstEvent* upstream);

}  // namespace deepseekocr::plugin
