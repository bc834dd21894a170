// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/standing_text.h"

#include <algorithm>

namespace deepseekocr::plugin {

std::optional<StandingText::Slice> StandingText::show(const std::string& text, uint64_t frame_time,
                                                      uint64_t frame_duration, uint64_t position, uint64_t reached) {
  const bool changed = text != text_;
  text_ = text;
  if (text.empty()) return std::nullopt;
  if (!changed) return extend(position, reached);
  const uint64_t start = std::max(frame_time, position);
  const bool ahead = start > reached + kLead;
  return Slice{start, start + (ahead ? std::min(frame_duration, step_) : step_), false};
}

std::optional<StandingText::Slice> StandingText::extend(uint64_t position, uint64_t reached) const {
  if (text_.empty() || position > reached + kLead) return std::nullopt;
  return Slice{position, position + step_, true};
}

}  // namespace deepseekocr::plugin
