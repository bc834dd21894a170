// SPDX-License-Identifier: MIT
// Finds strokes: lines so thin that both their sides are near.  The edge of a large thing is no stroke, and neither is
// a slope, however steep; that is what makes text stand out from most pictures.
#pragma once

#include <cstdint>
#include <vector>

#include "deepseekocr/gate/plane.h"

namespace deepseekocr::plugin {

/// What one 8x8 cell holds, a row of bytes for each.
struct CellStrokes {
  std::vector<uint8_t> across;    /**< pixels of strokes that a horizontal line crosses, 0 to 64 */
  std::vector<uint8_t> along;     /**< pixels of strokes that a vertical line crosses, 0 to 64 */
  std::vector<uint8_t> peak;      /**< height of the highest stroke */
  std::vector<uint8_t> brightest; /**< of the pixels of bright strokes; 0: none */
  std::vector<uint8_t> darkest;   /**< of the pixels of dark strokes; 255: none */
};

/// The strokes of one picture.
///
/// Grids of cells are stored row by row, `grid_stride` apart, a multiple of kBlockCells and more than `columns`: behind
/// each row comes a cell at least that holds nothing.
struct StrokeMap {
  Plane luma;                    /**< the picture; its width a multiple of the cell */
  Plane height;                  /**< 128 + half the height of a bright stroke, 128 - half that of a dark one */
  std::vector<uint8_t> lively;   /**< for each block of cells, 0: `height` is not set, and 128 throughout */
  uint8_t threshold = 0;         /**< height from which a pixel counted as one of a stroke */
  int32_t columns = 0, rows = 0; /**< of cells; the last row may lack pixels */
  int32_t grid_stride = 0;
  CellStrokes cells;
  std::vector<uint8_t> text;      /**< 1 for cells that may hold writing: mark_text_cells() */
  std::vector<uint8_t> near_text; /**< 1 for these, the cells around them, and those that may hold a lone letter */

  int32_t index(int32_t column, int32_t row) const { return row * grid_stride + column; }
  int32_t grid_size() const { return rows * grid_stride; }
  bool is_text(int32_t column, int32_t row) const { return text[index(column, row)] != 0; }
  bool is_lively(int32_t index) const { return lively[index / kBlockCells] != 0; }
  /// Rows of pixels that the cells of a row have.
  int32_t pixel_rows(int32_t row) const { return row + 1 < rows ? kCell : luma.height() - row * kCell; }
};

/// Within this range the height that counts follows the noise and texture of the picture.
struct ThresholdRange {
  uint8_t least = 0, most = 255;
  bool count_lines = false; /**< texture is also what runs one way only, as wood does */
};

/// Fills `map` from `map->luma`, up to what mark_text_cells() fills.
void find_strokes(const ThresholdRange& range, StrokeMap* map);

}  // namespace deepseekocr::plugin
