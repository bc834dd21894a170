// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/group_tracker.h"

#include <algorithm>

#include "deepseekocr/gate/text_detail.h"

namespace deepseekocr::plugin {

void GroupTracker::reset() {
  writing_.reset();
  times_.clear();
}

GroupTracker::Place GroupTracker::place(Decision decision, const LumaView& view, uint64_t time) {
  if (decision == Decision::kBlank || std::min(view.width, view.height) < kLeastSide) {
    reset();
    return {decision, kNoTime};
  }
  const bool first = times_.empty();
  times_.push_back(time);
  if (times_.size() > TextTracker::kLongestFade + 1) times_.pop_front();
  const auto ago = writing_.changed(view);
  if (first) return {Decision::kRead, kNoTime};
  if (decision == Decision::kUnchanged || !ago) return {Decision::kUnchanged, kNoTime};
  const size_t back = std::min<size_t>(*ago, times_.size() - 1);
  return {Decision::kRead, back > 0 ? times_[times_.size() - 1 - back] : kNoTime};
}

}  // namespace deepseekocr::plugin
