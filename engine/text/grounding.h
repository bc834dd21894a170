// SPDX-License-Identifier: MIT
// Grounded answers: `<|ref|>label<|/ref|><|det|>[[x1, y1, x2, y2], …]<|/det|>` (specification 6, 7.1).
#pragma once

#include <deepseekocr/engine.h>

#include <string>
#include <string_view>
#include <vector>

#include "image/image.h"

namespace deepseekocr {

/// One box of an answer.
struct Region {
  DsocrRegionKind kind = DSOCR_REGION_OTHER;
  std::string label;
  std::string text;  ///< content bound to the box; of a table its HTML, also behind a caption (7.1)
  Rect box;          ///< pixels of the picture, clipped
};

/// A parsed answer.
struct ParsedText {
  std::string plain;     ///< tags removed; lines of "OCR this image" answers as their labels
  std::string markdown;  ///< clean-up of 6.3, pictures as ![](images/K.jpg), K counting boxes
  std::vector<Region> regions;
};

/// Parses an answer.  Coordinates 0…999 are scaled to `picture` (6.1: trunc(v / 999 · extent)) and shifted by
/// `area`: pass the area that the model saw and the size of the whole picture.  A match whose numbers cannot be parsed
/// is removed from the text and gives no region.  Never evaluates anything; linear in the length of the text.
ParsedText parse_answer(std::string_view text, const Rect& area, int picture_width, int picture_height);

}  // namespace deepseekocr
