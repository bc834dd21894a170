// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/sharpest_window.h"

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

bool SharpestWindow::ends_before(uint64_t pts, uint64_t size, const Limits& limits) const {
  if (!is_open()) return false;
  if (pts == kNoTime || start_ == kNoTime || pts < start_) return true;
  return (limits.length > 0 && pts - start_ >= limits.length) || (limits.frames > 0 && frames_ >= limits.frames) ||
         (limits.bytes > 0 && bytes_ + size > limits.bytes);
}

bool SharpestWindow::add(uint64_t pts, uint64_t size, uint32_t sharpness) {
  const bool first = !is_open();
  if (first) start_ = pts;
  pass(size);
  if (!first && sharpness <= sharpest_) return false;
  sharpest_ = sharpness;
  return true;
}

void SharpestWindow::pass(uint64_t size) {
  ++frames_;
  bytes_ += size;
}

}  // namespace deepseekocr::plugin
