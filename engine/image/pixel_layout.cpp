// SPDX-License-Identifier: MIT
#include "image/pixel_layout.h"

namespace deepseekocr {
namespace {

constexpr PixelLayout kLayouts[] = {
    {DSOCR_FORMAT_RGB, "RGB", 1, false, 3, 0, 1, 2},
    {DSOCR_FORMAT_BGR, "BGR", 1, false, 3, 2, 1, 0},
    {DSOCR_FORMAT_RGBA, "RGBA", 1, false, 4, 0, 1, 2},
    {DSOCR_FORMAT_BGRA, "BGRA", 1, false, 4, 2, 1, 0},
    {DSOCR_FORMAT_RGBX, "RGBx", 1, false, 4, 0, 1, 2},
    {DSOCR_FORMAT_BGRX, "BGRx", 1, false, 4, 2, 1, 0},
    {DSOCR_FORMAT_GRAY8, "GRAY8", 1, true},
    {DSOCR_FORMAT_NV12, "NV12", 2, true},
    {DSOCR_FORMAT_NV21, "NV21", 2, true},
    {DSOCR_FORMAT_I420, "I420", 3, true},
    {DSOCR_FORMAT_YUY2, "YUY2", 1, true},
    {DSOCR_FORMAT_P010, "P010", 2, true, 0, 0, 0, 0, 2},
};

}  // namespace

const PixelLayout* pixel_layout(int format) {
  for (const PixelLayout& layout : kLayouts) {
    if (static_cast<int>(layout.format) == format) return &layout;
  }
  return nullptr;
}

int row_bytes(const PixelLayout& layout, int plane, int width) {
  if (layout.pixel_bytes > 0) return layout.pixel_bytes * width;
  if (layout.format == DSOCR_FORMAT_YUY2) return 4 * half_up(width);
  if (plane == 0) return layout.sample_bytes * width;
  return layout.sample_bytes * (layout.planes == 2 ? 2 * half_up(width) : half_up(width));
}

}  // namespace deepseekocr
