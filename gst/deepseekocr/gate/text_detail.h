// SPDX-License-Identifier: MIT
// Where a picture holds something that may be text.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <vector>

#include "deepseekocr/gate/luma_view.h"
#include "deepseekocr/gate/strokes.h"

namespace deepseekocr::plugin {

/// A picture at the two sizes that text is looked for in.
struct Strokes {
  StrokeMap fine;   /**< at half size: strokes of 1 to 8 pixels, text up to about 60 pixels high */
  StrokeMap coarse; /**< at an eighth: strokes of up to 32 pixels; empty for small pictures */
};

/// Pixels of one side of a cell of each map in the picture itself.
constexpr int32_t kFineCellPixels = 16, kCoarseCellPixels = 64;

/// Least width and height of a picture that can be judged.
constexpr int32_t kLeastSide = 16;

/// Takes the picture in, at half its size.  @param view  at least kLeastSide wide and high.
void take_picture(const LumaView& view, Strokes* strokes);

/// Looks for strokes in the picture taken in.
void find_strokes(Strokes* strokes);

struct TextDetail {
  bool any = false;
  DsocrRect box{}; /**< around all of it, pixels of the picture; it may reach a cell past the picture's edge */
};

/// Tells text from what else has strokes.  Writing runs across and along within a cell and goes on in the next cell to
/// the left or right; bars, rules, rims and grids run one way, or end in a single corner.
/// Marks the cells of both maps.
TextDetail find_text(Strokes* strokes);

/// How steep the edges of the text are, 0 to 255, from the pixels of `view` that `strokes` were found in.  A picture
/// out of focus or blurred by motion has less than a sharp one of the same thing; numbers of halved views are higher
/// than those of others.
uint32_t measure_sharpness(const LumaView& view, const Strokes& strokes);

}  // namespace deepseekocr::plugin
