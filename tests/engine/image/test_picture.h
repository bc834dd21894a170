// SPDX-License-Identifier: MIT
// Pictures of any pixel format, filled with noise, for the tests of this folder.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <random>
#include <vector>

#include "image/pixel_layout.h"

namespace deepseekocr::test {

/// A picture and the memory behind it.  Bytes between the rows are noise too, so that reading them shows.
struct TestPicture {
  DsocrImage image{};
  std::vector<uint8_t> planes[3];

  TestPicture(DsocrPixelFormat format, int width, int height, int padding, uint32_t seed) {
    const PixelLayout& layout = *pixel_layout(format);
    std::mt19937 random(seed);
    image.struct_size = sizeof image;
    image.format = format;
    image.width = width;
    image.height = height;
    for (int i = 0; i < layout.planes; ++i) {
      const int rows = i == 0 ? height : half_up(height);
      const int bytes = row_bytes(layout, i, width);
      image.strides[i] = bytes + padding;
      // Exactly what a caller must provide: no padding behind the last row.
      planes[i].resize(static_cast<size_t>(image.strides[i]) * static_cast<size_t>(rows) -
                       static_cast<size_t>(padding));
      for (uint8_t& byte : planes[i]) byte = static_cast<uint8_t>(random());
      image.planes[i] = planes[i].data();
    }
  }
  TestPicture(const TestPicture&) = delete;
  TestPicture& operator=(const TestPicture&) = delete;

  uint8_t sample(int plane, int y, int byte) const {
    return planes[plane]
                 [static_cast<size_t>(y) * static_cast<size_t>(image.strides[plane]) + static_cast<size_t>(byte)];
  }
};

inline constexpr DsocrPixelFormat kAllFormats[] = {
    DSOCR_FORMAT_RGB,   DSOCR_FORMAT_BGR,  DSOCR_FORMAT_RGBA, DSOCR_FORMAT_BGRA, DSOCR_FORMAT_RGBX, DSOCR_FORMAT_BGRX,
    DSOCR_FORMAT_GRAY8, DSOCR_FORMAT_NV12, DSOCR_FORMAT_NV21, DSOCR_FORMAT_I420, DSOCR_FORMAT_YUY2, DSOCR_FORMAT_P010};

}  // namespace deepseekocr::test
