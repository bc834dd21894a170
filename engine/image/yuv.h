// SPDX-License-Identifier: MIT
// Rows of YUV samples to rows of RGB, in the 8-bit arithmetic of GStreamer's videoconvert.
#pragma once

#include <deepseekocr/engine.h>

#include <cstddef>
#include <cstdint>

namespace deepseekocr {

/// Factors of a colour matrix with 8 bits behind the point.
struct YuvMatrix {
  int16_t luma;
  int16_t red_v;
  int16_t green_u;  ///< negative
  int16_t green_v;  ///< negative
  int16_t blue_u;

  YuvMatrix(DsocrColorMatrix matrix, DsocrColorRange range);
};

/// Converts `width` pixels.  All rows have one byte a pixel; `rgb` takes width * 3 bytes.
void yuv_to_rgb(const uint8_t* y, const uint8_t* u, const uint8_t* v, int width, const YuvMatrix& matrix, uint8_t* rgb);

/// Grey level of a luma sample without colour.
uint8_t luma_to_gray(uint8_t luma, const YuvMatrix& matrix);

/// Samples of a chroma plane's row, possibly interleaved with others.
struct ChromaRow {
  const uint8_t* samples;
  int step;   ///< bytes from sample to sample
  int count;  ///< samples in the row
};

/// Doubles the resolution of a chroma row for the pixels first .. first + width - 1 by repeating samples.
void repeat_chroma(const ChromaRow& row, int first, int width, uint8_t* out);

/// The same by linear interpolation; outermost samples continue beyond the border.
/// @param left samples lie on the even pixels, else between an even and the next odd one.
void interpolate_chroma(const ChromaRow& row, bool left, int first, int width, uint8_t* out);

/// Blends two chroma rows 3 to 1: a picture row and its two nearest chroma rows.
void blend_chroma(const uint8_t* near_row, const uint8_t* far_row, int width, uint8_t* out);

}  // namespace deepseekocr
