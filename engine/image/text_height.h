// SPDX-License-Identifier: MIT
// How high the writing of a picture is, so that a canvas can be chosen on which it stays legible.
#pragma once

#include <optional>
#include <vector>

#include "image/image.h"

namespace deepseekocr {

/// An estimate of the font size, in pixels of the picture, of its smaller writing.
///
/// Upright strokes of a line of writing lie in a band of rows.  The picture is cut into columns some tens of pixels
/// wide; the heights of such bands in them are weighed by their strokes, and three tenths of the weight lie below the
/// answer.  Bars (a barcode) and texture give bands too high or too dense, rules give none.  On made-up labels the
/// estimate is 0.6 to 1.4 times the size of the smallest line; it errs to the small side.
/// @return nothing where the picture has no such bands
std::optional<double> estimate_text_height(const RgbImage& picture);

/// Levels of luma, (77 red + 150 green + 29 blue) / 256 rounded down, by more than which the neighbours of a pixel,
/// left and right, differ at an edge.
constexpr int kEdge = 40;

/// The columns that a picture is cut into.
struct EdgeColumns {
  int width = 0;  ///< pixels
  int count = 0;  ///< 0: the picture is too narrow for an estimate
};
EdgeColumns edge_columns(int picture_width);

/// The estimate from edges that were counted elsewhere.
/// @param counts  edges in each row of each column, counts[column * height + y]: of the pixels x + 1 whose left
///   neighbours x lie in the column
std::optional<double> estimate_text_height(const std::vector<int32_t>& counts, int height, const EdgeColumns& columns);

}  // namespace deepseekocr
