// SPDX-License-Identifier: MIT
// Whether two frames show the same writing.
#pragma once

#include <cstdint>

#include "deepseekocr/gate/text_detail.h"

namespace deepseekocr::plugin {

/// The greatest distance between two pictures of one size.
constexpr uint32_t kFarthest = 64;

/// Whether two pictures that were taken in are the same but for the faintest noise, so that no writing can have come or
/// gone: strokes are several times higher.  Pictures that are not, as most, are told by their first rows.
bool is_same_picture(const Strokes& before, const Strokes& now);

/// How far the writing of two frames is apart: 0 (the same) to kFarthest.
///
/// The unit is pixels of strokes, at half the frame's size, that have come or gone in one 16x16 cell of the frame, the
/// cell in which most did.  Such a pixel changed by a quarter of the height of the strokes around it or more, both in
/// brightness and in how far it stands out from what is beside it: noise, the flicker of a codec and a light that
/// changes do neither.
///
/// Where the ground moves behind writing that stands still, rims and gaps of letters come and go.  There only strokes
/// of the colour of the writing count, the brightest or the darkest, whichever changed less, and at a seventh: twenty
/// of such pixels are as far as three where the ground is still.  So is the loss of a quarter of all such strokes, and
/// so are three cells of text where the other frame has none, nor any near: a label that comes with its own ground.
///
/// @return kNoReference where the sizes differ
/// @pre find_text() has marked the cells of both
uint32_t stroke_distance(const Strokes& before, const Strokes& now);

}  // namespace deepseekocr::plugin
