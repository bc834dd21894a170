// SPDX-License-Identifier: MIT
// Finds strokes: lines so thin that both their sides are near.  The edge of a large thing is no stroke, and neither is
// a slope, however steep; that is what makes text stand out from most pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "deepseekocr/gate/plane.h"

namespace deepseekocr::plugin {

/// Strokes up to this many pixels wide are found.
constexpr int32_t kStrokeReach = 4;

/// What one 8x8 cell holds.
struct CellStrokes {
  uint8_t across = 0;                   /**< pixels of strokes that a horizontal line crosses, 0 to 64 */
  uint8_t along = 0;                    /**< pixels of strokes that a vertical line crosses, 0 to 64 */
  uint8_t peak = 0;                     /**< height of the highest stroke */
  uint8_t brightest = 0, darkest = 255; /**< of the pixels of bright and of dark strokes; 0 and 255: none */
};

/// The strokes of one picture.
struct StrokeMap {
  Plane luma;                     /**< the picture; its width a multiple of the cell */
  Plane height;                   /**< 128 + half the height of a bright stroke, 128 - half that of a dark one */
  uint8_t threshold = 0;          /**< height from which a pixel counted as one of a stroke */
  int32_t columns = 0, rows = 0;  /**< of cells */
  std::vector<CellStrokes> cells; /**< row by row; the last row may lack pixels */
  std::vector<uint8_t> text;      /**< 1 for cells that may hold writing: mark_text_cells() */
  std::vector<uint8_t> near_text; /**< 1 for these, the cells around them, and those that may hold a lone letter */

  const CellStrokes& cell(int32_t column, int32_t row) const { return cells[row * columns + column]; }
  bool is_text(int32_t column, int32_t row) const { return text[row * columns + column] != 0; }
};

/// Within this range the height that counts follows the noise and texture of the picture.
struct ThresholdRange {
  uint8_t least = 0, most = 255;
  bool count_lines = false; /**< texture is also what runs one way only, as wood does */
};

/// Fills all of `map` from `map->luma`.
void find_strokes(const ThresholdRange& range, StrokeMap* map);

}  // namespace deepseekocr::plugin
