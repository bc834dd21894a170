// SPDX-License-Identifier: MIT
// The part of a picture that must be kept to read its area: fewer bytes to copy than the whole.
#pragma once

#include <deepseekocr/engine.h>

#include <cstddef>
#include <cstdint>

#include "image/image.h"

namespace deepseekocr {

/// Rows of one plane.
struct PlanePart {
  const uint8_t* source = nullptr;  ///< its first byte, in the caller's memory
  int32_t source_stride = 0;        ///< bytes
  size_t row_bytes = 0;
  size_t rows = 0;
  size_t offset = 0;  ///< where it begins in a copy of the part, in which rows and planes follow one another
};

/// The area of a picture and the chroma samples around it.
struct PicturePart {
  Rect rect;  ///< pixels of the picture
  int planes = 0;
  PlanePart plane[3];
  size_t bytes = 0;  ///< of a copy
};

/// @param image  checked; its planes are not read
PicturePart part_around_area(const DsocrImage& image);

/// The same picture cut to the part: its planes lie at `copy` + offset, its area is relative to the part.
DsocrImage image_of_part(const DsocrImage& image, const PicturePart& part, const uint8_t* copy);

}  // namespace deepseekocr
