// SPDX-License-Identifier: MIT
//
// When which page is shown: pages follow one another, each for the same time.
#ifndef DEEPSEEKOCR_GST_PDFDEC_PAGETIMELINE_H
#define DEEPSEEKOCR_GST_PDFDEC_PAGETIMELINE_H

#include <gst/gst.h>

#include <cstdint>
#include <numeric>

namespace pdfdec {

// Times are stream times in nanoseconds; positions count the selected pages from 0.
class PageTimeline {
 public:
  PageTimeline() = default;
  // The caller has checked with fits() that the end of the last page can be written as a time.
  PageTimeline(uint64_t page_count, GstClockTime page_duration)
      : page_count_(page_count), page_duration_(page_duration) {}

  static bool fits(uint64_t page_count, GstClockTime page_duration) {
    return page_duration > 0 && page_count <= static_cast<uint64_t>(G_MAXINT64) / page_duration;
  }

  uint64_t page_count() const { return page_count_; }
  GstClockTime page_duration() const { return page_duration_; }
  GstClockTime duration() const { return page_count_ * page_duration_; }

  // Positions beyond the end give the end.
  GstClockTime start_of(uint64_t position) const { return MIN(position, page_count_) * page_duration_; }

  // The page on show at `time`; page_count() at and after the end.
  uint64_t position_at(GstClockTime time) const { return MIN(time / page_duration_, page_count_); }

  // Frames per second as a fraction in lowest terms; 0/1 (variable) where it does not fit a GstFraction.
  void framerate(int* numerator, int* denominator) const {
    const uint64_t divisor = std::gcd(static_cast<uint64_t>(GST_SECOND), static_cast<uint64_t>(page_duration_));
    const uint64_t n = GST_SECOND / divisor;
    const uint64_t d = page_duration_ / divisor;
    const bool representable = n <= G_MAXINT && d <= G_MAXINT;
    *numerator = representable ? static_cast<int>(n) : 0;
    *denominator = representable ? static_cast<int>(d) : 1;
  }

 private:
  uint64_t page_count_ = 0;
  GstClockTime page_duration_ = GST_SECOND;
};

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_PAGETIMELINE_H
