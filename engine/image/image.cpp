// SPDX-License-Identifier: MIT
#include "image/image.h"

#include <string>

#include "checkpoint/error.h"
#include "image/enum_number.h"
#include "image/pixel_layout.h"

namespace deepseekocr {
namespace {

constexpr int kMaxSide = 32768;
constexpr int64_t kMaxPixels = int64_t{1} << 28;

void check_size(const DsocrImage& image) {
  const std::string size = std::to_string(image.width) + "x" + std::to_string(image.height);
  if (image.width < 1 || image.height < 1 || image.width > kMaxSide || image.height > kMaxSide) {
    throw ArgumentError("The picture is " + size + " pixels; each side must be 1 to 32768.");
  }
  if (static_cast<int64_t>(image.width) * image.height > kMaxPixels) {
    throw ArgumentError("The picture is " + size + " pixels, more than the 2^28 allowed; scale it down first.");
  }
}

void check_planes(const DsocrImage& image, const PixelLayout& layout) {
  for (int i = 0; i < layout.planes; ++i) {
    const std::string plane = "Plane " + std::to_string(i) + " of the " + layout.name + " picture";
    if (image.planes[i] == nullptr) throw ArgumentError(plane + " is missing; set planes[" + std::to_string(i) + "].");
    const int needed = row_bytes(layout, i, image.width);
    if (image.strides[i] < needed) {
      throw ArgumentError(plane + " has a stride of " + std::to_string(image.strides[i]) + " bytes; a row of " +
                          std::to_string(image.width) + " pixels needs at least " + std::to_string(needed) + ".");
    }
  }
}

void check_color(const DsocrImage& image) {
  const int matrix = number_of(image.matrix);
  if (matrix < DSOCR_MATRIX_BT601 || matrix > DSOCR_MATRIX_BT2020) {
    throw ArgumentError("The colour matrix is " + std::to_string(matrix) +
                        "; use 0 (BT.601), 1 (BT.709) or 2 (BT.2020).");
  }
  const int range = number_of(image.range);
  if (range != DSOCR_RANGE_LIMITED && range != DSOCR_RANGE_FULL) {
    throw ArgumentError("The colour range is " + std::to_string(range) + "; use 0 (limited) or 1 (full).");
  }
  if (image.chroma_site < DSOCR_CHROMA_CENTER || image.chroma_site > DSOCR_CHROMA_TOP_LEFT) {
    throw ArgumentError("The chroma site is " + std::to_string(static_cast<int>(image.chroma_site)) +
                        "; use 0 (center), 1 (left), 2 (top) or 3 (top left).");
  }
}

void check_area(const DsocrImage& image) {
  const DsocrRect& area = image.area;
  if (area.width == 0) return;
  const bool inside = area.x >= 0 && area.y >= 0 && area.width > 0 && area.height > 0 &&
                      area.width <= image.width - area.x && area.height <= image.height - area.y;
  if (inside) return;
  throw ArgumentError("The area x=" + std::to_string(area.x) + " y=" + std::to_string(area.y) +
                      " width=" + std::to_string(area.width) + " height=" + std::to_string(area.height) +
                      " does not lie inside the picture of " + std::to_string(image.width) + "x" +
                      std::to_string(image.height) + " pixels; choose one inside, or width 0 for everything.");
}

}  // namespace

void check_image(const DsocrImage& image) {
  const int format = number_of(image.format);
  const PixelLayout* layout = pixel_layout(format);
  if (layout == nullptr) {
    throw ArgumentError("The pixel format is " + std::to_string(format) + "; use one of DsocrPixelFormat, 1 to 12.");
  }
  check_size(image);
  check_planes(image, *layout);
  if (layout->uses_color) check_color(image);
  check_area(image);
}

Rect image_area(const DsocrImage& image) {
  if (image.area.width == 0) return {0, 0, image.width, image.height};
  return {image.area.x, image.area.y, image.area.width, image.area.height};
}

}  // namespace deepseekocr
