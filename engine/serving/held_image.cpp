// SPDX-License-Identifier: MIT
#include "serving/held_image.h"

#include <cstring>
#include <utility>

#include "checkpoint/error.h"
#include "image/picture_part.h"

namespace deepseekocr {

HeldImage::HeldImage(const DsocrImage& image, DsocrMemory memory, PixelRelease&& release)
    : image_(image), memory_(memory), release_(std::move(release)) {
  check_image(image);
  if (memory == DSOCR_MEMORY_CUDA && !release_.borrowed()) {
    throw ArgumentError(
        "image.release is NULL, but a picture in CUDA memory is not copied: set it, and keep the memory until it is "
        "called.");
  }
  picture_width_ = image.width;
  picture_height_ = image.height;
  area_ = image_area(image);
  if (!release_.borrowed()) copy_pixels();
}

void HeldImage::copy_pixels() {
  const PicturePart part = part_around_area(image_);
  copy_.resize(part.bytes);
  for (int i = 0; i < part.planes; ++i) {
    const PlanePart& plane = part.plane[i];
    const uint8_t* source = plane.source;
    uint8_t* out = copy_.data() + plane.offset;
    for (size_t row = 0; row < plane.rows; ++row, source += plane.source_stride, out += plane.row_bytes)
      std::memcpy(out, source, plane.row_bytes);
  }
  image_ = image_of_part(image_, part, copy_.data());
}

void HeldImage::reset() noexcept {
  release_.reset();
  std::vector<uint8_t>().swap(copy_);
  for (const uint8_t*& plane : image_.planes) plane = nullptr;
}

}  // namespace deepseekocr
