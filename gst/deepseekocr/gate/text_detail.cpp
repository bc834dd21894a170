// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/text_detail.h"

#include <algorithm>
#include <cstdlib>

#include "deepseekocr/gate/downscale.h"
#include "deepseekocr/gate/grid.h"
#include "deepseekocr/gate/text_cells.h"

namespace deepseekocr::plugin {
namespace {

/// Rules for the two sizes.  At the coarse one soft shapes look like strokes too, so more is asked there.
constexpr GroupRules kFineRules = {10, 1}, kCoarseRules = {24, 2};

/// Lowest strokes that count at the two sizes, of 255.
constexpr ThresholdRange kFineHeights = {14, 40, false}, kCoarseHeights = {24, 255, true};

struct Bounds {
  int32_t left = INT32_MAX, top = INT32_MAX, right = 0, bottom = 0;

  void add(int32_t x, int32_t y, int32_t side) {
    left = std::min(left, x);
    top = std::min(top, y);
    right = std::max(right, x + side);
    bottom = std::max(bottom, y + side);
  }
};

void add_fine_cells(const StrokeMap& map, Bounds* bounds) {
  for_each_mark(map.text, [&](int32_t index) {
    bounds->add(index % map.grid_stride * kFineCellPixels, index / map.grid_stride * kFineCellPixels, kFineCellPixels);
  });
}

/// Whether the fine map has text where the coarse one has the given cell.
bool has_fine_text(const StrokeMap& fine, int32_t column, int32_t row) {
  constexpr int32_t kSide = kCoarseCellPixels / kFineCellPixels;
  for (int32_t y = row * kSide; y < std::min((row + 1) * kSide, fine.rows); ++y) {
    for (int32_t x = column * kSide; x < std::min((column + 1) * kSide, fine.columns); ++x) {
      if (fine.is_text(x, y)) return true;
    }
  }
  return false;
}

/// Large writing; where the fine map has some it knows the place better.
void add_coarse_cells(const Strokes& strokes, Bounds* bounds) {
  const StrokeMap& map = strokes.coarse;
  for_each_mark(map.text, [&](int32_t index) {
    const int32_t column = index % map.grid_stride, row = index / map.grid_stride;
    if (!has_fine_text(strokes.fine, column, row))
      bounds->add(column * kCoarseCellPixels, row * kCoarseCellPixels, kCoarseCellPixels);
  });
}

/// Steepest step over two pixels, along a row and down to the one after the next.
uint8_t steepest_step(const uint8_t* row, const uint8_t* below, int32_t begin, int32_t end) {
  const auto gap = [](uint8_t a, uint8_t b) { return static_cast<uint8_t>(std::max(a, b) - std::min(a, b)); };
  uint8_t steepest = 0;
  for (int32_t x = begin; x < end; ++x)
    steepest = std::max({steepest, gap(row[x + 1], row[x - 1]), gap(below[x], row[x])});
  return steepest;
}

/// Whether the fine picture is as steep where the coarse one has strokes as the edge of a letter.
bool is_sharp(const Strokes& strokes, int32_t column, int32_t row) {
  constexpr int32_t kSide = kCell * kCoarseCellPixels / kFineCellPixels;
  const Plane& fine = strokes.fine.luma;
  const int32_t left = column * kSide, right = std::min(left + kSide, fine.width());
  const int32_t bottom = std::min((row + 1) * kSide, fine.height() - 2);
  const int32_t peak = strokes.coarse.cells.peak[strokes.coarse.index(column, row)];
  for (int32_t y = row * kSide; y < bottom; ++y) {
    if (5 * steepest_step(fine.row(y), fine.row(y + 2), left, right) >= 3 * peak) return true;
  }
  return false;
}

/// Clouds, waves and grain have strokes at the coarse size, but soft ones.
void drop_soft_cells(Strokes* strokes) {
  StrokeMap& map = strokes->coarse;
  for (int32_t row = 0; row < map.rows; ++row) {
    for (int32_t column = 0; column < map.columns; ++column) {
      const int32_t index = map.index(column, row);
      uint8_t &across = map.cells.across[index], &along = map.cells.along[index];
      if (std::min(across, along) > 0 && !is_sharp(*strokes, column, row)) across = along = 0;
    }
  }
}

/// Steepest step between neighbours in a row of one cell.
int32_t steepest_pixel_step(const uint8_t* row, int32_t width) {
  int32_t steepest = 0;
  for (int32_t x = 1; x < width; ++x) steepest = std::max(steepest, std::abs(row[x] - row[x - 1]));
  return steepest;
}

}  // namespace

void take_picture(const LumaView& view, Strokes* strokes) {
  halve(view, &strokes->fine.luma);
}

void find_strokes(Strokes* strokes) {
  constexpr int32_t kLeastCoarse = kCell * kCoarseCellPixels / kFineCellPixels;
  find_strokes(kFineHeights, &strokes->fine);
  if (std::min(strokes->fine.luma.width(), strokes->fine.luma.height()) >= 2 * kLeastCoarse) {
    quarter(strokes->fine.luma, &strokes->coarse.luma);
    find_strokes(kCoarseHeights, &strokes->coarse);
    drop_soft_cells(strokes);
  } else {
    strokes->coarse = StrokeMap();
  }
}

TextDetail find_text(Strokes* strokes) {
  Bounds bounds;
  if (mark_text_cells(kFineRules, &strokes->fine) > 0) add_fine_cells(strokes->fine, &bounds);
  if (mark_text_cells(kCoarseRules, &strokes->coarse) > 0) add_coarse_cells(*strokes, &bounds);
  TextDetail detail;
  detail.any = bounds.right > 0;
  if (detail.any) detail.box = {bounds.left, bounds.top, bounds.right - bounds.left, bounds.bottom - bounds.top};
  return detail;
}

uint32_t measure_sharpness(const LumaView& view, const Strokes& strokes) {
  constexpr int32_t kRowsApart = 4;  // a sample of the rows says enough
  const StrokeMap& map = strokes.fine;
  const int32_t step = view.layout == LumaLayout::kHalved ? 2 : 1;  // pixels of the frame for one of the view's
  const int32_t width = view.width / step, height = view.height / step, cell = kFineCellPixels / step;
  std::vector<uint8_t> scratch(width);
  uint64_t sum = 0, count = 0;
  for (int32_t y = kRowsApart / 2; y < height; y += kRowsApart) {
    const int32_t cell_row = y / cell;
    if (cell_row >= map.rows) break;
    const uint8_t* row = nullptr;
    for (int32_t column = 0; column < map.columns; ++column) {
      if (!map.is_text(column, cell_row)) continue;
      if (row == nullptr) row = luma_row(view, y, scratch.data());
      const int32_t left = column * cell;
      sum += steepest_pixel_step(row + left, std::min(cell, width - left));
      ++count;
    }
  }
  return count == 0 ? 0 : static_cast<uint32_t>(sum / count);
}

}  // namespace deepseekocr::plugin
