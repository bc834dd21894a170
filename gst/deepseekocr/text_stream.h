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
#include "deepseekocr/timing/standing_text.h"

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
  /// Sends the reading of an item's slot as buffer, cue or gap.  `live`: what is late is stamped at the position.
  GstFlowReturn send_reading(const TextItem& item, bool live, bool changed);
  /// Nothing is to be read between these stream times.
  GstFlowReturn send_gap(uint64_t start, uint64_t end);
  /// Sends a gap that says nothing, for sinks that must be paused and wait for something.
  GstFlowReturn send_nudge();
  /// A live stream has come to this running time: nothing before it is on its way any more.
  GstFlowReturn reach(uint64_t running_time);
  /// Whether text is wanted before its end is known: a muxer or overlay holds the video back until it comes.
  bool is_eager() const { return downstream_.consumer == TextConsumer::kJoin; }
  /// Whether text is kept back that they may be waiting for.
  bool keeps_cue() const { return cue_.open() && is_eager(); }
  /// Sends the open cue as far as it is known.
  GstFlowReturn send_cue();

 private:
  bool negotiate(const Settings& settings);
  void refresh_downstream(const Settings& settings);
  bool makes_cues(const Slot& slot) const;
  GstFlowReturn send_segment(EventPtr event);
  void begin_segment(GstEvent* event);
  GstFlowReturn push_cue(const Cue& cue);
  bool is_repeat(const Cue& cue) const;
  GstFlowReturn add_to_cue(Cue part, const Settings& settings);
  GstFlowReturn send_live_text(const SlotPtr& slot, const std::string& text);
  GstFlowReturn push_slice(const StandingText::Slice& slice);
  GstFlowReturn push_gap(uint64_t start, uint64_t end);
  GstFlowReturn push_text(const std::string& text, uint64_t start, uint64_t end, StructurePtr meta);

  GstPad* pad_ = nullptr;
  GstSegment segment_{};
  CueBuilder cue_;
  TextDownstream downstream_;
  TextFormat format_ = TextFormat::kPlain;
  std::string terminator_, last_text_;
  EventPtr stream_start_;  // the last one, to be repeated where a flush swallowed it
  bool negotiated_ = false, has_segment_ = false, has_last_text_ = false, backwards_ = false;
  uint64_t position_ = 0;     /**< stream time up to which downstream knows everything; backwards: down to which */
  uint64_t withheld_gap_ = 0; /**< end of gaps that wait for the end of the open cue */
  uint64_t reached_ = 0;      /**< stream time that a live stream has come to */
  StandingText standing_;
  SlotPtr standing_slot_;
  SlotPtr sent_cue_;          /**< reading of the cue that was sent last */
  std::string standing_text_; /**< of that slot, in the format of the pad */
};

/// What the text pad gives in `format`.
CapsPtr text_caps(TextFormat format);

/// The text pad's STREAM_START for the one that came in: an id of its own, the same group, sparse.
EventPtr make_text_stream_start(GstEvent* upstream);

/// The text pad's SEGMENT for the one that came in: positions are its stream times, running times are `lateness`
/// nanoseconds later.
EventPtr make_text_segment(GstEvent* upstream, uint64_t lateness);

}  // namespace deepseekocr::plugin
