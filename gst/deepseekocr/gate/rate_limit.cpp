// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/rate_limit.h"

#include <cmath>

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {
namespace {

/// Time stamps are whole nanoseconds, containers round them to milliseconds: a frame this little early is on time.
constexpr double kRounding = 1e6;

}  // namespace

bool RateLimit::is_due(uint64_t pts, double max_rate) {
  if (max_rate <= 0 || pts == kNoTime) return true;
  // Time that went back is a new start, as is another rate.
  if (!begun_ || rate_ != max_rate || pts < origin_) {
    begun_ = true;
    rate_ = max_rate;
    origin_ = pts;
    slot_ = 0;
    return true;
  }
  const double passed = static_cast<double>(pts - origin_) + kRounding;
  const auto slot = static_cast<uint64_t>(std::floor(passed * max_rate / 1e9));
  if (slot <= slot_) return false;
  slot_ = slot;
  return true;
}

}  // namespace deepseekocr::plugin
