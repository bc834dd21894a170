// SPDX-License-Identifier: MIT
// How bright a picture is, at half its size: enough to tell whether it shows anything new.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>

namespace deepseekocr {

/// Where the brightness of an area lies.
struct LumaSource {
  const uint8_t* first;  ///< of the area's first pixel
  int64_t stride;        ///< bytes
  int step;              ///< bytes from pixel to pixel
  bool color;            ///< three bytes, of which the middle one counts twice; else one byte
  int width, height;     ///< of the result: half the area's, rounded down
};

/// @param image  checked; its planes are not read
LumaSource luma_source(const DsocrImage& image);

/// DsocrEngineApi::halve_luma for a checked picture in host memory.
void halve_luma(const DsocrImage& image, uint8_t* out, int32_t stride);

}  // namespace deepseekocr
