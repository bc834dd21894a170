// SPDX-License-Identifier: MIT
// One reading of one frame: what the engine answered, copied out of the callback.  No GStreamer here.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace deepseekocr::plugin {

/// "No time": equals GST_CLOCK_TIME_NONE.
constexpr uint64_t kNoTime = UINT64_MAX;

/// What is known about a frame beside its pixels.  Times in nanoseconds, kNoTime where unknown.
struct FrameInfo {
  uint64_t number = 0; /**< counted from 0 at the element */
  uint64_t pts = kNoTime;
  uint64_t duration = kNoTime; /**< of what the reading stands for: up to the next frame that is read */
  uint64_t stream_time = kNoTime;
  uint64_t running_time = kNoTime;
  uint64_t arrived = 0; /**< monotonic clock */
  int32_t width = 0, height = 0;
  int32_t page = 0;    /**< from 1; 0: not a page */
  uint64_t stream = 0; /**< of all frames between two stream starts, from 1 */

  /// Stream time at which it ends.
  uint64_t end() const { return stream_time == kNoTime || duration == kNoTime ? kNoTime : stream_time + duration; }
};

struct Region {
  DsocrRegionKind kind = DSOCR_REGION_TEXT;
  std::string label, text;
  DsocrRect box{};
};

/// A part of a frame that an element upstream found.
struct RegionOfInterest {
  DsocrRect box{}; /**< pixels of the frame */
  int32_t id = 0;
  std::string object_class;
};

struct Reading;

/// What was read in it.
struct RegionReading {
  RegionOfInterest region;
  std::shared_ptr<const Reading> reading;
};

/// A line of text and how sure the model was of its tokens, 0 to 1.
struct Line {
  std::string text;
  double confidence = 0, confidence_min = 0;
};

/// Immutable once made.
struct Reading {
  DsocrFinishReason finish_reason = DSOCR_FINISH_STOP;
  DsocrStatus status = DSOCR_OK; /**< of an ERROR */
  std::string error;             /**< sentence of an ERROR */
  uint64_t model_parameters = 0; /**< of the model that answered; 0: not known */
  std::string prompt;            /**< that was asked; the model's own where none was set */
  std::string raw, plain, markdown;
  bool invalid_utf8 = false;
  std::vector<Region> regions;
  std::vector<RegionReading> parts; /**< inference-region=roi-list: what this was joined from, in reading order */
  std::vector<Line> lines;          /**< from top to bottom */
  uint32_t tokens = 0;
  double confidence = 0, confidence_min = 0;
  std::vector<float> letters; /**< confidence of each character of `raw`, where a token is a character; else empty */
  DsocrTimings timings{};
  uint64_t latency = 0;    /**< from frame in to result, nanoseconds */
  bool agreement = true;   /**< false: readings of the same text were to agree and did not */
  bool single_read = true; /**< no second reading says the same */

  /// Whether it holds text that may be shown.
  bool usable() const { return finish_reason != DSOCR_FINISH_ERROR && finish_reason != DSOCR_FINISH_CANCELLED; }
};

using ReadingPtr = std::shared_ptr<const Reading>;

/// Copies `result`, which the engine owns.
Reading reading_from_result(const DsocrResult& result);

/// Says `text` instead, which it and other readings of the same were compared for.  Boxes and markup stay what the
/// model wrote: a reading with either is left as it is.
/// @param letters  how sure each character of `text` is, 0 to 1
void correct_text(Reading& reading, std::string text, const std::vector<float>& letters);

/// A reading that failed before or outside the engine.
Reading failed_reading(DsocrStatus status, std::string sentence);

/// A reading that was given up.
Reading cancelled_reading();

/// "stop", "length", "repetition", "timeout", "cancelled", "error".
const char* finish_reason_name(DsocrFinishReason reason);

/// "text", "title", "table", "image", "other".
const char* region_kind_name(DsocrRegionKind kind);

}  // namespace deepseekocr::plugin
