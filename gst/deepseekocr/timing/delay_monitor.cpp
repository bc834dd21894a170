// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/delay_monitor.h"

#include <algorithm>

namespace deepseekocr::plugin {

DelayMonitor::Verdict DelayMonitor::observe(uint64_t delay, uint64_t promised, uint64_t now) {
  Verdict verdict;
  verdict.new_maximum = delay > maximum_;
  maximum_ = std::max(maximum_, delay);
  // The worst one stays news: a warning that the interval held back is made up for by the next late result.
  if (promised == 0 || delay <= promised || maximum_ <= warned_) return verdict;
  verdict.excessive = warnings_.permits(now);
  if (verdict.excessive) warned_ = maximum_;
  return verdict;
}

}  // namespace deepseekocr::plugin
