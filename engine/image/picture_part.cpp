// SPDX-License-Identifier: MIT
#include "image/picture_part.h"

#include <algorithm>

#include "image/pixel_layout.h"

namespace deepseekocr {
namespace {

// Chroma is interpolated between neighbours: pixels around the area that are kept too.  The part begins at a multiple
// of it, so that every pixel keeps its place in the chroma grid.
constexpr int kMargin = 8;

// The area and its margin, clipped to the picture.
Rect rect_around(const Rect& area, int width, int height) {
  const int left = std::max(0, area.x - kMargin) / kMargin * kMargin;
  const int top = std::max(0, area.y - kMargin) / kMargin * kMargin;
  const int right = std::min(width, area.x + area.width + kMargin);
  const int bottom = std::min(height, area.y + area.height + kMargin);
  return {left, top, right - left, bottom - top};
}

}  // namespace

PicturePart part_around_area(const DsocrImage& image) {
  const PixelLayout& layout = *pixel_layout(image.format);
  PicturePart part;
  part.rect = rect_around(image_area(image), image.width, image.height);
  part.planes = layout.planes;
  for (int i = 0; i < layout.planes; ++i) {
    const bool halved = i > 0;  // every format with several planes has half as many rows of chroma
    PlanePart& plane = part.plane[i];
    plane.source_stride = image.strides[i];
    // Left and top are multiples of kMargin, so nothing is rounded here.
    plane.source = image.planes[i] +
                   static_cast<ptrdiff_t>(halved ? part.rect.y / 2 : part.rect.y) * plane.source_stride +
                   row_bytes(layout, i, part.rect.x);
    plane.row_bytes = static_cast<size_t>(row_bytes(layout, i, part.rect.width));
    plane.rows = static_cast<size_t>(halved ? half_up(part.rect.height) : part.rect.height);
    plane.offset = part.bytes;
    part.bytes += plane.row_bytes * plane.rows;
  }
  return part;
}

DsocrImage image_of_part(const DsocrImage& image, const PicturePart& part, const uint8_t* copy) {
  const Rect area = image_area(image);
  DsocrImage cut = image;
  for (int i = 0; i < part.planes; ++i) {
    cut.planes[i] = copy + part.plane[i].offset;
    cut.strides[i] = static_cast<int32_t>(part.plane[i].row_bytes);
  }
  cut.width = part.rect.width;
  cut.height = part.rect.height;
  cut.area = {area.x - part.rect.x, area.y - part.rect.y, area.width, area.height};
  return cut;
}

}  // namespace deepseekocr
