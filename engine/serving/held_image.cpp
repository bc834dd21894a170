// SPDX-License-Identifier: MIT
#include "serving/held_image.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace deepseekocr {
namespace {

// Chroma is interpolated between neighbours: pixels around the area that are kept too.  The copied part begins at
// a multiple of it, so that every pixel keeps its place in the chroma grid.
constexpr int kMargin = 8;

// How one plane samples the picture.
struct PlaneLayout {
  int x_step = 1;  // picture pixels per sample
  int y_step = 1;
  int bytes = 1;  // per sample
};

struct FormatLayout {
  int planes = 1;
  PlaneLayout plane[3];
};

FormatLayout layout_of(DsocrPixelFormat format) {
  switch (format) {
    case DSOCR_FORMAT_RGB:
    case DSOCR_FORMAT_BGR:
      return {1, {{1, 1, 3}, {}, {}}};
    case DSOCR_FORMAT_GRAY8:
      return {1, {{1, 1, 1}, {}, {}}};
    case DSOCR_FORMAT_NV12:
    case DSOCR_FORMAT_NV21:
      return {2, {{1, 1, 1}, {2, 2, 2}, {}}};
    case DSOCR_FORMAT_I420:
      return {3, {{1, 1, 1}, {2, 2, 1}, {2, 2, 1}}};
    case DSOCR_FORMAT_YUY2:
      return {1, {{2, 1, 4}, {}, {}}};
    default:
      return {1, {{1, 1, 4}, {}, {}}};
  }
}

size_t divide_up(int value, int step) {
  return static_cast<size_t>((value + step - 1) / step);
}

// The area and its margin, clipped to the picture.
Rect part_to_copy(const Rect& area, int width, int height) {
  const int left = std::max(0, area.x - kMargin) / kMargin * kMargin;
  const int top = std::max(0, area.y - kMargin) / kMargin * kMargin;
  const int right = std::min(width, area.x + area.width + kMargin);
  const int bottom = std::min(height, area.y + area.height + kMargin);
  return {left, top, right - left, bottom - top};
}

}  // namespace

HeldImage::HeldImage(const DsocrImage& image, PixelRelease&& release) : image_(image), release_(std::move(release)) {
  check_image(image);
  picture_width_ = image.width;
  picture_height_ = image.height;
  area_ = image_area(image);
  if (!release_.borrowed()) copy_pixels();
}

void HeldImage::copy_pixels() {
  const FormatLayout layout = layout_of(image_.format);
  const Rect part = part_to_copy(area_, image_.width, image_.height);
  size_t row_bytes[3] = {};
  size_t rows[3] = {};
  size_t total = 0;
  for (int p = 0; p < layout.planes; ++p) {
    const PlaneLayout& plane = layout.plane[p];
    row_bytes[p] = divide_up(part.width, plane.x_step) * static_cast<size_t>(plane.bytes);
    rows[p] = divide_up(part.height, plane.y_step);
    total += row_bytes[p] * rows[p];
  }
  copy_.resize(total);
  uint8_t* out = copy_.data();
  for (int p = 0; p < layout.planes; ++p) {
    const PlaneLayout& plane = layout.plane[p];
    const uint8_t* source = image_.planes[p] +
                            static_cast<ptrdiff_t>(part.y / plane.y_step) * static_cast<ptrdiff_t>(image_.strides[p]) +
                            static_cast<ptrdiff_t>(part.x / plane.x_step) * plane.bytes;
    image_.planes[p] = out;
    for (size_t row = 0; row < rows[p]; ++row) {
      std::memcpy(out, source, row_bytes[p]);
      out += row_bytes[p];
      source += image_.strides[p];
    }
    image_.strides[p] = static_cast<int32_t>(row_bytes[p]);
  }
  image_.width = part.width;
  image_.height = part.height;
  image_.area = {area_.x - part.x, area_.y - part.y, area_.width, area_.height};
}

void HeldImage::reset() noexcept {
  release_.reset();
  std::vector<uint8_t>().swap(copy_);
  for (const uint8_t*& plane : image_.planes) plane = nullptr;
}

}  // namespace deepseekocr
