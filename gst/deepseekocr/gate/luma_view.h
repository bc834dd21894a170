// SPDX-License-Identifier: MIT
// Brightness of a part of a frame, wherever it lies in memory.  No GStreamer here.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deepseekocr::plugin {

/// How one pixel becomes one brightness.
enum class LumaLayout {
  kPlane,   /**< one byte a pixel: GRAY8 and the luma plane of NV12, NV21, I420 */
  kPacked2, /**< every second byte: YUY2, and from the second byte on P010 */
  kRgb3,    /**< three bytes of colour a pixel */
  kRgb4,    /**< three bytes of colour and one that says nothing */
  kHalved,  /**< one byte for each 2x2 pixels, as halve() makes them: where a frame lies in a device's memory */
};

/// Borrowed pixels: valid as long as the frame is mapped.
struct LumaView {
  const uint8_t* data = nullptr; /**< first pixel of the part */
  int32_t width = 0, height = 0; /**< of the part, pixels */
  ptrdiff_t stride = 0;          /**< bytes from row to row of `data` */
  LumaLayout layout = LumaLayout::kPlane;
};

}  // namespace deepseekocr::plugin
