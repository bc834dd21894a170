// SPDX-License-Identifier: MIT
// Smaller pictures for the gate: means of squares of pixels, which lose no thin line.
#pragma once

#include "deepseekocr/gate/luma_view.h"
#include "deepseekocr/gate/plane.h"

namespace deepseekocr::plugin {

/// `view` at half its size, an odd last row or column left out; `half` is made wide enough for whole cells, and what is
/// left of its last block and its margins repeat the pixels at the edges.  The view must be at least 2x2.
void halve(const LumaView& view, Plane* half);

/// `source` at a quarter of its size, in the same form.  The source must be at least 4x4.
void quarter(const Plane& source, Plane* out);

/// Brightness of row `y` of the pixels that `view` has: borrowed, or written to `scratch` of the view's width.
const uint8_t* luma_row(const LumaView& view, int32_t y, uint8_t* scratch);

}  // namespace deepseekocr::plugin
