// SPDX-License-Identifier: MIT
// One admitted frame on its way to a reading, and what waits for it.
#pragma once

#include <gst/video/video.h>

#include <memory>
#include <optional>
#include <string>

#include "deepseekocr/gst_ptr.h"
#include "deepseekocr/reading.h"
#include "deepseekocr/settings.h"

namespace deepseekocr::plugin {

/// `frame`, `settings` and `epoch` are constant; the rest is guarded by the session's mutex.
struct Slot {
  FrameInfo frame;
  std::shared_ptr<const Settings> settings;
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
  GstVideoInfo info;
  std::optional<DsocrRect> area;
};

/// A video frame that waits for a reading.
struct HeldFrame {
  BufferPtr buffer;
  SlotPtr slot;     /**< empty: leaves as it is */
  bool own = false; /**< the reading is of this very frame */
  uint64_t pts = kNoTime;
  uint64_t size = 0; /**< bytes */
  uint64_t arrived = 0;
};

/// What the text pad sends next: an event, a reading, a repeat of one, the end of a text, a gap, or nothing.
struct TextItem {
  EventPtr event;
  SlotPtr slot;
  uint64_t gap_start = kNoTime, gap_end = kNoTime; /**< stream time: of the gap, the repeat or the frame without text */
  bool repeats = false;                            /**< frames from gap_start to gap_end show what `slot` shows */
  bool ends_text = false;                          /**< frames from gap_start to gap_end show no text */
};

/// A reading together with the frame that it is of.
struct Delivery {
  SlotPtr slot;
  ReadingPtr reading;
  bool changed = false; /**< FALSE: a repeat of an earlier delivery */
};

}  // namespace deepseekocr::plugin
