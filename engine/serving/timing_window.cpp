// SPDX-License-Identifier: MIT
#include "serving/timing_window.h"

#include <algorithm>

namespace deepseekocr {
namespace {

// The smallest value that at least `percent` of all do not exceed.
uint64_t nearest_rank(std::vector<uint64_t>& values, size_t percent) {
  const size_t rank = (values.size() * percent + 99) / 100;
  const auto chosen = values.begin() + static_cast<ptrdiff_t>(rank - 1);
  std::nth_element(values.begin(), chosen, values.end());
  return *chosen;
}

}  // namespace

void TimingWindow::add(const DsocrTimings& timings) {
  if (entries_.size() < kSize) {
    entries_.push_back(timings);
    return;
  }
  entries_[next_] = timings;
  next_ = (next_ + 1) % kSize;
}

DsocrPercentiles TimingWindow::percentiles(uint64_t DsocrTimings::*duration) const {
  if (entries_.empty()) return {};
  std::vector<uint64_t> values;
  values.reserve(entries_.size());
  for (const DsocrTimings& entry : entries_) values.push_back(entry.*duration);
  return {nearest_rank(values, 50), nearest_rank(values, 95)};
}

}  // namespace deepseekocr
