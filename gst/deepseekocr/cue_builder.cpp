// SPDX-License-Identifier: MIT
#include "deepseekocr/cue_builder.h"

#include <algorithm>
#include <utility>

#include "deepseekocr/timing/text_similarity.h"

namespace deepseekocr::plugin {
namespace {

/// Frame durations are whole nanoseconds, containers round times to milliseconds.
constexpr uint64_t kRounding = 2'000'000;

/// From here on two readings are taken for two attempts at one text, unless both are sharp.
constexpr double kSimilar = 0.8;

double weight_of(const Cue& part) {
  const uint64_t length = part.end == kNoTime ? 1 : std::max<uint64_t>(part.end - part.start, 1);
  return static_cast<double>(length) * std::max(part.confidence, 0.01);
}

}  // namespace

bool CueBuilder::continues(const Cue& part) const {
  const bool near = cue_->end == kNoTime || part.start <= cue_->end + bridge_;
  if (!near || part.text.empty()) return false;
  if (part.text == cue_->text) return true;
  return !(part.sharp && cue_->sharp) && text_similarity(part.text, cue_->text) >= kSimilar;
}

void CueBuilder::extend(Cue part) {
  const double weight = weight_of(part);
  cue_->end = part.end == kNoTime || cue_->end == kNoTime ? part.end : std::max(cue_->end, part.end);
  if (part.text == cue_->text) {
    weight_ += weight;
  } else if (weight > weight_) {
    weight_ = weight;
    cue_->text = std::move(part.text);
    cue_->slot = std::move(part.slot);
    cue_->confidence = part.confidence;
    cue_->sharp = part.sharp;
  }
}

/// A cue ends where its last frame ends; where frames touch, that is where the next one begins, free of rounding.
std::optional<Cue> CueBuilder::end_before(const Cue& part) {
  if (cue_->end == kNoTime || part.start <= cue_->end + kRounding) cue_->end = std::max(cue_->start, part.start);
  return finish();
}

std::optional<Cue> CueBuilder::add(Cue part) {
  std::optional<Cue> ended;
  if (cue_) {
    if (continues(part)) {
      extend(std::move(part));
      return ended;
    }
    // The same text may come again behind a short hole.
    const uint64_t part_end = part.end == kNoTime ? part.start : part.end;
    if (part.text.empty() && cue_->end != kNoTime && part_end <= cue_->end + bridge_) return ended;
    ended = end_before(part);
  }
  if (!part.text.empty()) {
    weight_ = weight_of(part);
    cue_ = std::move(part);
  }
  return ended;
}

std::optional<Cue> CueBuilder::finish() {
  auto ended = std::move(cue_);
  cue_.reset();
  return ended;
}

}  // namespace deepseekocr::plugin
