// SPDX-License-Identifier: MIT
// Marks on the cells of a stroke map: bytes that are 1 or 0, laid out as its grids are.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "deepseekocr/gate/strokes.h"

namespace deepseekocr::plugin {

/// Calls `take` with the index of each mark, in order.  It may take away marks that are still to come.
template <typename Function>
void for_each_mark(const std::vector<uint8_t>& marks, Function&& take) {
  const uint8_t *const begin = marks.data(), *const end = begin + marks.size();
  for (const uint8_t* at = begin; at < end; ++at) {
    at = static_cast<const uint8_t*>(std::memchr(at, 1, end - at));
    if (at == nullptr) return;
    take(static_cast<int32_t>(at - begin));
  }
}

/// Calls `take` with the index of a cell and those of the cells around it.
template <typename Function>
void for_each_around(const StrokeMap& map, int32_t index, Function&& take) {
  const int32_t stride = map.grid_stride, column = index % stride, row = index / stride;
  const int32_t left = std::max(0, column - 1), right = std::min(map.columns - 1, column + 1);
  const int32_t bottom = std::min(map.rows - 1, row + 1);
  for (int32_t y = std::max(0, row - 1); y <= bottom; ++y) {
    for (int32_t x = left; x <= right; ++x) take(y * stride + x);
  }
}

}  // namespace deepseekocr::plugin
