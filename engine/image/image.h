// SPDX-License-Identifier: MIT
// Pictures on the host: what comes in (any supported format) and what the model's preprocessing works on (RGB, 8 bit).
#pragma once

#include <deepseekocr/engine.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace deepseekocr {

/// A rectangle of pixels.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
  bool operator==(const Rect&) const = default;
};

/// An owned RGB picture, 8 bits a channel, rows without padding: data[(y * width + x) * 3 + channel].
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> data;

  RgbImage() = default;
  RgbImage(int w, int h) : width(w), height(h), data(static_cast<size_t>(w) * static_cast<size_t>(h) * 3) {}
  uint8_t* row(int y) { return data.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * 3; }
  const uint8_t* row(int y) const { return data.data() + static_cast<size_t>(y) * static_cast<size_t>(width) * 3; }
  bool operator==(const RgbImage&) const = default;
};

/// Checks a picture of the caller: format and colours known, 1..32768 pixels a side, at most 2^28 in all, planes
/// present, strides large enough, area inside.
/// @throws ArgumentError naming the value.
void check_image(const DsocrImage& image);

/// The area that is read: `image.area`, or everything.
Rect image_area(const DsocrImage& image);

/// Converts the area of a checked picture to RGB.  Alpha is dropped, grey replicated.  YUV and limited-range grey: the
/// integer arithmetic of GStreamer's videoconvert with its default settings (1.22: no difference), so that a picture
/// reads the same whether or not a videoconvert stands before the element.  That arithmetic is anchored at middle grey:
/// limited-range black (16) becomes 0, white (235) 253.  Chroma of NV12, NV21, P010 and YUY2 is interpolated linearly
/// between samples of the whole picture, also across the area's border; chroma of I420 is repeated.  Of P010 the upper
/// 8 bits of a sample count.
RgbImage to_rgb(const DsocrImage& image);

}  // namespace deepseekocr
