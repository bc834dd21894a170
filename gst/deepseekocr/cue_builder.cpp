// SPDX-License-Identifier: MIT
#include "deepseekocr/cue_builder.h"

#include <algorithm>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// Frame durations are whole nanoseconds, containers round times to milliseconds.
constexpr uint64_t kRounding = 2'000'000;

}  // namespace

std::optional<Cue> CueBuilder::add(std::string_view text, uint64_t start, uint64_t end) {
  std::optional<Cue> ended;
  if (cue_) {
    const bool near = cue_->end == kNoTime || start <= cue_->end + kBridge;
    if (near && cue_->text == text) {
      cue_->end = end;
      return ended;
    }
    // A cue ends where its last frame ends; where frames touch, that is where the next one begins, free of rounding.
    if (cue_->end == kNoTime || start <= cue_->end + kRounding) cue_->end = std::max(cue_->start, start);
    ended = std::move(cue_);
    cue_.reset();
  }
  if (!text.empty()) cue_ = Cue{std::string(text), start, end};
  return ended;
}

std::optional<Cue> CueBuilder::finish() {
  auto ended = std::move(cue_);
  cue_.reset();
  return ended;
}

}  // namespace deepseekocr::plugin
