// SPDX-License-Identifier: MIT
// Neighbouring texts that are one text become one cue.  No GStreamer here.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

struct Slot;

/// A text and when it is shown.  Times in nanoseconds; `end` is kNoTime where it is unknown.
struct Cue {
  std::string text;
  uint64_t start = 0;
  uint64_t end = kNoTime;
  std::shared_ptr<Slot> slot{}; /**< whose reading the text is; may be empty */
  double confidence = 0;        /**< mean, 0 to 1 */
  bool sharp = false;           /**< read so surely that one other character is another text */
};

/// Not thread-safe.
class CueBuilder {
 public:
  /// Longest hole between two parts of one cue, nanoseconds.
  void set_bridge(uint64_t bridge) { bridge_ = bridge; }

  /// `part` is shown; an empty text: nothing is.  Extends the open cue by an equal text, and by a similar one where not
  /// both are sharp; the text that was shown longer and surer then stays.
  /// @return the cue that has ended by this, if any.
  std::optional<Cue> add(Cue part);

  /// Ends the open cue where its last part ends.
  std::optional<Cue> finish();

  void clear() { cue_.reset(); }
  bool open() const { return cue_.has_value(); }
  /// Of the open cue; 0 where there is none, or its end is unknown.
  uint64_t length() const { return cue_ && cue_->end != kNoTime ? cue_->end - cue_->start : 0; }

 private:
  bool continues(const Cue& part) const;
  void extend(Cue part);
  std::optional<Cue> end_before(const Cue& part);

  std::optional<Cue> cue_;
  double weight_ = 0; /**< of the open cue's text: time shown, times confidence */
  uint64_t bridge_ = 250'000'000;
};

}  // namespace deepseekocr::plugin
