// SPDX-License-Identifier: MIT
#include "sharpness.h"

#include <algorithm>

namespace live_labels {

double sharpness_of(const uint8_t* luma, int width, int height, int stride) {
  uint64_t sum = 0;
  uint64_t count = 0;
  // Every second row: neighbours look alike.
  for (int y = 0; y + 1 < height; y += 2) {
    const uint8_t* row = luma + static_cast<ptrdiff_t>(y) * stride;
    for (int x = 0; x + 1 < width; ++x) {
      const int across = row[x + 1] - row[x];
      const int down = row[x + stride] - row[x];
      sum += static_cast<uint64_t>(across * across + down * down);
    }
    count += static_cast<uint64_t>(std::max(0, width - 1));
  }
  return count > 0 ? 1 + static_cast<double>(sum) / static_cast<double>(count) : 1;
}

void SharpnessLog::add(uint64_t time, double sharpness) {
  const std::lock_guard lock(mutex_);
  entries_.push_back({time, sharpness});
  if (entries_.size() > kSize) entries_.pop_front();
}

double SharpnessLog::find(uint64_t time) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(entries_.rbegin(), entries_.rend(), [time](const Entry& entry) { return entry.time == time; });
  return found != entries_.rend() ? found->sharpness : 1;
}

}  // namespace live_labels
