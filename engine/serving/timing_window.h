// SPDX-License-Identifier: MIT
// How long the latest requests of a client took.
#pragma once

#include <deepseekocr/engine.h>

#include <cstddef>
#include <vector>

namespace deepseekocr {

/// The durations of the last kSize requests.  A window and not a sum since open(), so that after weeks it still shows
/// what happens now.  Not thread-safe; copied where it is read, because percentiles sort.
class TimingWindow {
 public:
  static constexpr size_t kSize = 256;

  /// May allocate, no more than kSize entries in all.
  void add(const DsocrTimings& timings);
  /// Nearest-rank percentiles of one duration; zeros without requests.
  DsocrPercentiles percentiles(uint64_t DsocrTimings::*duration) const;

 private:
  std::vector<DsocrTimings> entries_;
  size_t next_ = 0;  // where the oldest entry lies once there are kSize
};

}  // namespace deepseekocr
