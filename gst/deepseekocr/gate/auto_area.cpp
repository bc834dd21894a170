// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/auto_area.h"

#include <algorithm>

namespace deepseekocr::plugin {
namespace {

/// Pixels around the detail: one of so many of its own side, and at least some.
constexpr int32_t kPaddingDivisor = 16, kLeastPadding = 16;

/// The whole frame is read where the part takes so many of a hundred of its pixels.
constexpr int64_t kMostPercent = 70;

/// A part that is kept may have so many times the pixels of a fresh one.
constexpr int64_t kMostTimes = 2;

int64_t pixels(const DsocrRect& rect) {
  return int64_t{rect.width} * rect.height;
}

bool contains(const DsocrRect& outer, const DsocrRect& inner) {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width &&
         inner.y + inner.height <= outer.y + outer.height;
}

/// Even on all sides: chroma is known for pairs of pixels.
DsocrRect pad(const DsocrRect& detail, int32_t frame_width, int32_t frame_height) {
  const int32_t across = std::max(kLeastPadding, detail.width / kPaddingDivisor);
  const int32_t along = std::max(kLeastPadding, detail.height / kPaddingDivisor);
  const int32_t left = std::max(0, detail.x - across) & ~1, top = std::max(0, detail.y - along) & ~1;
  const int32_t right = std::min(frame_width, (detail.x + detail.width + across + 1) & ~1);
  const int32_t bottom = std::min(frame_height, (detail.y + detail.height + along + 1) & ~1);
  return {left, top, right - left, bottom - top};
}

}  // namespace

std::optional<DsocrRect> AutoArea::follow(const DsocrRect& detail, int32_t frame_width, int32_t frame_height) {
  if (detail.width <= 0 || detail.height <= 0) {
    area_.reset();
    return std::nullopt;
  }
  const DsocrRect fresh = pad(detail, frame_width, frame_height);
  const bool serves = area_ && contains(*area_, detail) && pixels(*area_) <= kMostTimes * pixels(fresh);
  if (!serves) area_ = fresh;
  if (pixels(*area_) * 100 >= int64_t{frame_width} * frame_height * kMostPercent) return std::nullopt;
  return area_;
}

}  // namespace deepseekocr::plugin
