// SPDX-License-Identifier: MIT
// How the pixel formats lie in memory.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>

namespace deepseekocr {

/// One pixel format.
struct PixelLayout {
  DsocrPixelFormat format;
  const char* name;
  int planes;
  bool uses_color;  ///< matrix and range matter
  /// Packed RGB formats: bytes of a pixel and where its channels lie.  0 bytes: not packed RGB.
  int pixel_bytes = 0;
  int red = 0;
  int green = 0;
  int blue = 0;
  int sample_bytes = 1;  ///< of the other formats; the last one is read
};

/// The layout of a DsocrPixelFormat, or null if the number is none.
const PixelLayout* pixel_layout(int format);

/// Bytes that a row of `width` pixels takes in a plane, padding not counted.
int row_bytes(const PixelLayout& layout, int plane, int width);

/// Samples of a dimension with half the resolution.
inline int half_up(int size) {
  return (size + 1) / 2;
}

}  // namespace deepseekocr
