// SPDX-License-Identifier: MIT
// Resizing an 8-bit RGB picture exactly as Pillow's Image.resize does by default (specification 3.5).
#pragma once

#include <cstdint>
#include <functional>

#include "image/image.h"

namespace deepseekocr {

/// Takes the rows of a resized picture, in order from the top.  `row` holds width * 3 bytes and is valid during the
/// call.
using RowSink = std::function<void(int y, const uint8_t* row)>;

/// Resizes `picture` (at least 1×1) to width × height (at least 1×1) without keeping the aspect: bicubic with
/// antialiasing, 22-bit fixed-point weights, the horizontal pass first and rounded to 8 bits, a pass skipped where its
/// dimension does not change.  This is the order of Pillow up to 12, the one the model was published with.
/// Works on a few rows at a time, so extra memory is a small number of rows whatever the picture's height.
void resize_bicubic(const RgbImage& picture, int width, int height, const RowSink& sink);

/// The same into a new picture.
RgbImage resize_bicubic(const RgbImage& picture, int width, int height);

}  // namespace deepseekocr
