// SPDX-License-Identifier: MIT
// Grounded answers: `<|ref|>label<|/ref|><|det|>[[x1, y1, x2, y2], …]<|/det|>` (specification 6, 7.1).
//
// Two kinds of answers look alike.  In a layout answer the label names a block ("title", "table", an open set) and the
// block's content follows.  In a line-level answer ("OCR this image") the label is the text, and nothing follows.  An
// answer is taken as line-level if its matches without content whose label is no known layout word outnumber all
// others, or if there are such and no match has content.  The label `image` is a picture in both.
//
// Rules beyond the official clean-up, each because the official one loses text or tells pictures apart wrongly:
//  - A label or a list of numbers never reaches across another grounding tag; tags that belong to no match are dropped.
//  - Content belongs to the match before it.  An HTML table that follows a caption (or any other block) belongs to the
//    last `table` match that has no content of its own yet.
//  - Picture links are counted by boxes, not by matches, so that link and picture file agree.
//  - The lines of a line-level answer stay in the Markdown; the official clean-up removes them with their tags.
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
  std::string label;  ///< at most 256 bytes of it
  /// Content of the match without outer white space and `<center>`, of a table its HTML, of a line its text.  Where a
  /// match has several boxes, the first one carries it.
  std::string text;
  Rect box;  ///< pixels of the picture, clipped
};

/// A parsed answer.  Both texts have no outer white space and never more than one empty line in a row.
struct ParsedText {
  /// Without tags and pictures: blocks separated by an empty line, those of a line-level answer by a newline.  Tables
  /// are lines of cells separated by a tab, `<center>` and the `#` before titles are dropped.
  std::string plain;
  /// Clean-up of 6.3: pictures as ![](images/K.jpg), K counting boxes from 0, tables as HTML.
  std::string markdown;
  std::vector<Region> regions;  ///< in the order of the answer
};

/// Parses an answer.  Coordinates 0…999 are scaled to `picture` (6.1: trunc(v / 999 · extent)) and shifted by
/// `area`: pass the area that the model saw and the size of the whole picture.  A match whose numbers cannot be parsed
/// is removed from the text and gives no region.  Never evaluates anything; linear in the length of the text.
ParsedText parse_answer(std::string_view text, const Rect& area, int picture_width, int picture_height);

}  // namespace deepseekocr
