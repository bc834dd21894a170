// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/group_tracker.h"

#include <algorithm>

#include "deepseekocr/gate/text_detail.h"

namespace deepseekocr::plugin {

void GroupTracker::reset() {
  writing_.reset();
  times_.clear();
}

/// Whether `time` is no more than a step behind the last frame's.
bool GroupTracker::follows_quickly(uint64_t time) const {
  const uint64_t last = times_.back();
  return last != kNoTime && time != kNoTime && time >= last && time - last <= kLongestStep;
}

GroupTracker::Place GroupTracker::place(Decision decision, const LumaView& view, uint64_t time) {
  if (decision == Decision::kBlank || std::min(view.width, view.height) < kLeastSide) {
    reset();
    return {decision, kNoTime};
  }
  const bool first = times_.empty(), apart = !first && !follows_quickly(time);
  if (apart) reset();
  times_.push_back(time);
  if (times_.size() > TextTracker::kLongestFade + 1) times_.pop_front();
  const auto ago = writing_.changed(view);
  if (first) return {Decision::kRead, kNoTime};
  if (apart) return {decision, kNoTime};
  if (decision == Decision::kUnchanged || !ago) return {Decision::kUnchanged, kNoTime};
  const size_t back = std::min<size_t>(*ago, times_.size() - 1);
  return {Decision::kRead, back > 0 ? times_[times_.size() - 1 - back] : kNoTime};
}

}  // namespace deepseekocr::plugin
