// SPDX-License-Identifier: MIT
// Readings that show the same text become one cue.  No GStreamer here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

/// Times in nanoseconds; `end` is kNoTime where the last frame's duration is unknown.
struct Cue {
  std::string text;
  uint64_t start = 0;
  uint64_t end = kNoTime;
};

/// Not thread-safe.
class CueBuilder {
 public:
  /// A frame at `start` shows `text` until `end` (kNoTime: unknown).  Equal text extends the open cue, also over a hole
  /// of up to kBridge; empty text ends it.
  /// @return the cue that has ended by this, if any.
  std::optional<Cue> add(std::string_view text, uint64_t start, uint64_t end);

  /// Ends the open cue where its last frame ends.
  std::optional<Cue> finish();

  void clear() { cue_.reset(); }
  bool open() const { return cue_.has_value(); }
  /// Of the open cue; 0 where there is none, or its end is unknown.
  uint64_t length() const { return cue_ && cue_->end != kNoTime ? cue_->end - cue_->start : 0; }

  /// Longest hole between two frames of one cue.
  static constexpr uint64_t kBridge = 250'000'000;

 private:
  std::optional<Cue> cue_;
};

}  // namespace deepseekocr::plugin
