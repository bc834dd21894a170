// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/reading_view.h"

namespace deepseekocr::plugin {
namespace {

/// Parts of a side, in 128ths, that are left out; no two lie on the same phase of a grid of image patches.
constexpr int32_t kRims[] = {2, 3, 1, 4};
constexpr int32_t kParts = 128;

}  // namespace

DsocrRect view_of(const DsocrRect& area, size_t number) {
  if (number == 0) return area;
  const int32_t rim = kRims[(number - 1) % (sizeof kRims / sizeof *kRims)];
  const int32_t across = area.width * rim / kParts, down = area.height * rim / kParts;
  DsocrRect view{area.x, area.y, area.width - across, area.height - down};
  if (number % 2 == 1) {
    view.x += across;
    view.y += down;
  }
  return view;
}

}  // namespace deepseekocr::plugin
