// SPDX-License-Identifier: MIT
// One admitted frame on its way to a reading, and what waits for it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "deepseekocr/frame_access.h"
#include "deepseekocr/gst_ptr.h"
#include "deepseekocr/reading.h"
#include "deepseekocr/settings.h"
#include "deepseekocr/timing/group_reads.h"
#include "deepseekocr/timing/group_sample.h"

namespace deepseekocr::plugin {

/// A frame that may be read.
struct Candidate {
  FrameInfo frame;
  BufferPtr buffer;
  FrameAccess access;
  std::optional<DsocrRect> area;
};

/// A run of frames that show the same and are read as one.
struct Group {
  bool open = true; /**< more frames may follow */
  GroupSample<Candidate> sample;
  std::optional<GroupReads> reads; /**< empty until it is decided what to read */
  std::vector<Reading> readings;   /**< in the order of `reads` */
  std::vector<FrameInfo> frames;   /**< that these are of */
  uint64_t start = kNoTime;        /**< stream time of its first frame */
  uint64_t end = kNoTime;          /**< stream time at which its last frame ends; kNoTime: unknown */
};

/// `settings` and `epoch` are constant, `frame` too once there is a reading; the rest is guarded by the session's
/// mutex.
struct Slot {
  FrameInfo frame; /**< of a group: the frame whose reading counts, its first one until then */
  std::shared_ptr<const Settings> settings;
  std::unique_ptr<Group> group; /**< empty: the frame is read on its own */
  uint64_t epoch = 0;
  uint64_t request_id = 0; /**< 0: not submitted yet */
  bool shown = false;      /**< a video frame carried it already */
  ReadingPtr reading;      /**< empty until there is an outcome */
};
using SlotPtr = std::shared_ptr<Slot>;

/// A frame that is to be read: the request before it reaches the engine.
struct Submission {
  SlotPtr slot;
  BufferPtr buffer;
  FrameAccess access;
  std::optional<DsocrRect> area;
};

/// A video frame that waits for a reading, or an event behind one.
struct HeldFrame {
  BufferPtr buffer;
  EventPtr event;   /**< instead of a buffer */
  SlotPtr slot;     /**< empty: leaves as it is */
  bool own = false; /**< the reading is of this very frame */
  uint64_t pts = kNoTime;
  uint64_t size = 0; /**< bytes */
  uint64_t arrived = 0;
};

/// What the text pad sends next: one of these, or nothing.
struct TextItem {
  EventPtr event;
  SlotPtr slot;
  uint64_t start = kNoTime, end = kNoTime; /**< stream time of the text or, without a slot, of a gap */
  uint64_t reached = kNoTime; /**< running time that a live stream has come to: no text before it is on its way */
  bool continuation = false;  /**< the text of `slot` was an item before and holds on */
  bool nudge = false;         /**< anything, for sinks that wait */
  bool stalled = false;       /**< no frame comes any more, and an open group waits for some */
};

/// A reading together with the frame that it is of.
struct Delivery {
  SlotPtr slot;
  ReadingPtr reading;
  bool changed = false; /**< FALSE: a repeat of an earlier delivery */
};

}  // namespace deepseekocr::plugin
