// SPDX-License-Identifier: MIT
// Which cells of a stroke map may hold writing.
#pragma once

#include <cstdint>

#include "deepseekocr/gate/strokes.h"

namespace deepseekocr::plugin {

/// What a group of touching cells must have to count as writing.
struct GroupRules {
  int32_t least_strength = 10; /**< pixels of strokes that run both ways, of all its cells */
  int32_t least_cells = 1;
};

/// Fills `map->text`, 1 where there may be writing, and `map->near_text`.
///
/// Strokes of writing run across and along within one cell; rules, bars and rims run one way only.  Where two rules
/// meet, in a corner or a grid, a cell holds both too: such a group is small, and rules lead up to it from two sides.
/// @return how many cells were marked
int32_t mark_text_cells(const GroupRules& rules, StrokeMap* map);

}  // namespace deepseekocr::plugin
