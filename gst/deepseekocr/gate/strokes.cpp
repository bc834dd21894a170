// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/strokes.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace deepseekocr::plugin {
namespace {

/// Rows that are looked at for the level of noise and texture: one in so many, or so many where there are few.
constexpr int32_t kNoiseRows = 16;

/// Rows of the picture whose range is taken together: strokes reach as far.
constexpr int32_t kBand = kStrokeReach;

/// So many rows from `first` on; those at the edges go on beyond them.
template <size_t kCount>
std::array<const uint8_t*, kCount> rows_from(const Plane& plane, int32_t first) {
  std::array<const uint8_t*, kCount> rows{};
  for (size_t i = 0; i < kCount; ++i)
    rows[i] = plane.row(std::clamp(first + static_cast<int32_t>(i), 0, plane.height() - 1));
  return rows;
}

// ------------------------------------------------------------------------------------------------ where to look

/// Finds the blocks that can hold a stroke: where all that a cell's pixels look at is about the same, there is none.
class LivelyBlocks {
 public:
  explicit LivelyBlocks(const Plane& luma)
      : blocks_(luma.blocks()),
        bands_((luma.height() + kBand - 1) / kBand),
        stride_(blocks_ * kBlockRanges + kBandMargin) {
    ranges_.resize(static_cast<size_t>(bands_) * stride_ + kBandMargin);
    for (int32_t band = 0; band < bands_; ++band) {
      const int32_t top = band * kBand, count = std::min(kBand, luma.height() - top);
      best_kernels().measure_band(luma.patch(0, top), count, blocks_, band_row(band));
    }
  }

  /// Marks those of a row of cells whose pixels differ by `least_height` or more.
  void mark(int32_t row, uint8_t least_height, uint8_t* lively) {
    constexpr int32_t kBands = kCell / kBand;
    static_assert(kBands + 2 == kLivelyBands);
    std::array<const uint8_t*, kLivelyBands> bands{};
    for (int32_t i = 0; i < kLivelyBands; ++i) bands[i] = band_row(std::clamp(row * kBands - 1 + i, 0, bands_ - 1));
    best_kernels().find_lively(bands.data(), blocks_, least_height, lively);
  }

 private:
  uint8_t* band_row(int32_t band) { return &ranges_[static_cast<size_t>(band) * stride_ + kBandMargin]; }

  int32_t blocks_, bands_, stride_;
  std::vector<uint8_t> ranges_;
};

/// Height that strokes must have to rise above the picture's noise and texture.  Those are everywhere, text leaves some
/// of the picture free: the quietest fifth tells them apart.
uint8_t choose_threshold(const StrokeMap& map, const ThresholdRange& range) {
  const Plane& luma = map.luma;
  constexpr int32_t kParts = 4;  // neighbours are often equal, and counting in one place waits for itself
  std::array<std::array<uint32_t, 256>, kParts> counts{};
  uint32_t total = 0;
  const int32_t step = std::clamp(luma.height() / kNoiseRows, 1, kNoiseRows);
  std::vector<uint8_t> heights(map.grid_stride);
  for (int32_t y = step / 2; y < luma.height(); y += step) {
    const auto rows = rows_from<2 * kStrokeReach + 1>(luma, y - kStrokeReach);
    best_kernels().sample_row(rows.data(), luma.blocks(), range.count_lines, heights.data());
    for (int32_t column = 0; column < map.columns; ++column) ++counts[column % kParts][heights[column]];
    total += map.columns;
  }
  uint32_t quiet = 0, seen = 0;
  for (; quiet < 255; ++quiet) {
    for (const auto& part : counts) seen += part[quiet];
    if (seen * 5 >= total) break;
  }
  return static_cast<uint8_t>(std::clamp<uint32_t>(2 * quiet + 8, range.least, range.most));
}

// ------------------------------------------------------------------------------------------------ looking

void resize(StrokeMap* map) {
  map->height.resize(map->luma.width(), map->luma.height());
  map->columns = map->luma.width() / kCell;
  map->rows = (map->luma.height() + kCell - 1) / kCell;
  map->grid_stride = (map->columns / kBlockCells + 1) * kBlockCells;
  const auto size = static_cast<size_t>(map->grid_size());
  CellStrokes& cells = map->cells;
  for (auto* bytes : {&cells.across, &cells.along, &cells.peak, &cells.brightest}) bytes->assign(size, 0);
  cells.darkest.assign(size, 255);
  map->lively.assign(size / kBlockCells, 0);
}

void find_row(int32_t row, const uint8_t* lively, StrokeMap* map) {
  CellStrokes& cells = map->cells;
  const int32_t index = map->index(0, row), y = row * kCell;
  const auto rows = rows_from<kBlockRows>(map->luma, y - kStrokeReach);
  best_kernels().find_strokes(
      rows.data(), map->pixel_rows(row), lively, map->luma.blocks(), map->threshold, map->height.row(y),
      map->height.stride(),
      {&cells.across[index], &cells.along[index], &cells.peak[index], &cells.brightest[index], &cells.darkest[index]});
}

/// What lies beyond the last cell of a row repeats its last pixels, and is no part of the picture.
void clear_beyond(int32_t row, StrokeMap* map) {
  const int32_t begin = map->index(map->columns, row), count = map->grid_stride - map->columns;
  CellStrokes& cells = map->cells;
  for (auto* bytes : {&cells.across, &cells.along, &cells.peak, &cells.brightest})
    std::memset(&(*bytes)[begin], 0, count);
  std::memset(&cells.darkest[begin], 255, count);
}

}  // namespace

void find_strokes(const ThresholdRange& range, StrokeMap* map) {
  resize(map);
  map->threshold = choose_threshold(*map, range);
  LivelyBlocks lively_blocks(map->luma);
  for (int32_t row = 0; row < map->rows; ++row) {
    uint8_t* lively = &map->lively[map->index(0, row) / kBlockCells];
    lively_blocks.mark(row, range.least, lively);
    find_row(row, lively, map);
    clear_beyond(row, map);
  }
}

}  // namespace deepseekocr::plugin
