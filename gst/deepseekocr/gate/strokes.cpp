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
std::array<const uint8_t*, kCount> rows_from(const Plane& plane, int32_t x, int32_t first) {
  std::array<const uint8_t*, kCount> rows{};
  for (size_t i = 0; i < kCount; ++i)
    rows[i] = plane.row(std::clamp(first + static_cast<int32_t>(i), 0, plane.height() - 1)) + x;
  return rows;
}

// ------------------------------------------------------------------------------------------------ where to look

/// Highest and lowest pixel of each cell's columns in bands of kBand rows.
class Ranges {
 public:
  explicit Ranges(const Plane& luma)
      : stride_(luma.blocks() * kBlockCells), bands_((luma.height() + kBand - 1) / kBand) {
    high_.resize(static_cast<size_t>(stride_) * bands_);
    low_.resize(high_.size());
    for (int32_t band = 0; band < bands_; ++band) {
      const int32_t top = band * kBand, count = std::min(kBand, luma.height() - top);
      best_kernels().measure_band(luma.patch(0, top), count, luma.blocks(), row_of(&high_, band), row_of(&low_, band));
    }
  }

  int32_t stride() const { return stride_; }
  const uint8_t* high(int32_t band) { return row_of(&high_, std::clamp(band, 0, bands_ - 1)); }
  const uint8_t* low(int32_t band) { return row_of(&low_, std::clamp(band, 0, bands_ - 1)); }

 private:
  uint8_t* row_of(std::vector<uint8_t>* bytes, int32_t band) const {
    return bytes->data() + static_cast<size_t>(band) * stride_;
  }

  int32_t stride_, bands_;
  std::vector<uint8_t> high_, low_;
};

void widen(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* __restrict high,
           uint8_t* __restrict low) {
  for (int32_t x = 0; x < width; ++x) {
    high[x] = std::max(high[x], upper[x]);
    low[x] = std::min(low[x], lower[x]);
  }
}

/// Finds the blocks that can hold a stroke: in one of their cells, all that its pixels look at differs by a least
/// height.
class LivelyBlocks {
 public:
  explicit LivelyBlocks(const StrokeMap& map)
      : ranges_(map.luma), high_(ranges_.stride() + 2), low_(ranges_.stride() + 2) {}

  void mark(int32_t row, uint8_t least_height, uint8_t* lively) {
    gather(row);
    const int32_t blocks = ranges_.stride() / kBlockCells;
    for (int32_t block = 0; block < blocks; ++block) {
      uint8_t widest = 0;
      for (int32_t i = block * kBlockCells; i < (block + 1) * kBlockCells; ++i) {
        const uint8_t high = std::max({high_[i], high_[i + 1], high_[i + 2]});
        const uint8_t low = std::min({low_[i], low_[i + 1], low_[i + 2]});
        widest = std::max(widest, static_cast<uint8_t>(high - low));
      }
      lively[block] = widest >= least_height;
    }
  }

 private:
  /// Highest and lowest of each cell's columns in its rows and those around, with a cell more to either side.
  void gather(int32_t row) {
    constexpr int32_t kBands = kCell / kBand;
    std::fill(high_.begin(), high_.end(), uint8_t{0});
    std::fill(low_.begin(), low_.end(), uint8_t{255});
    for (int32_t band = row * kBands - 1; band <= (row + 1) * kBands; ++band)
      widen(ranges_.high(band), ranges_.low(band), ranges_.stride(), &high_[1], &low_[1]);
    high_.front() = high_[1], low_.front() = low_[1];
    high_.back() = high_.end()[-2], low_.back() = low_.end()[-2];
  }

  Ranges ranges_;
  std::vector<uint8_t> high_, low_;
};

/// Height that strokes must have to rise above the picture's noise and texture.  Those are everywhere, text leaves some
/// of the picture free: the quietest fifth tells them apart.
uint8_t choose_threshold(const StrokeMap& map, const ThresholdRange& range) {
  const Plane& luma = map.luma;
  std::array<uint32_t, 256> counts{};
  uint32_t total = 0;
  const int32_t step = std::clamp(luma.height() / kNoiseRows, 1, kNoiseRows);
  std::vector<uint8_t> heights(map.grid_stride);
  for (int32_t y = step / 2; y < luma.height(); y += step) {
    const auto rows = rows_from<2 * kStrokeReach + 1>(luma, 0, y - kStrokeReach);
    best_kernels().sample_row(rows.data(), luma.blocks(), range.count_lines, heights.data());
    for (int32_t column = 0; column < map.columns; ++column) ++counts[heights[column]];
    total += map.columns;
  }
  uint32_t quiet = 0, seen = 0;
  while (quiet < 255 && (seen += counts[quiet]) * 5 < total) ++quiet;
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

void find_block(int32_t row, int32_t column, StrokeMap* map) {
  CellStrokes& cells = map->cells;
  const int32_t index = map->index(column, row), x = column * kCell, y = row * kCell;
  const auto rows = rows_from<kBlockRows>(map->luma, x, y - kStrokeReach);
  best_kernels().find_strokes(
      rows.data(), map->pixel_rows(row), map->threshold, map->height.row(y) + x, map->height.stride(),
      {&cells.across[index], &cells.along[index], &cells.peak[index], &cells.brightest[index], &cells.darkest[index]});
}

/// What lies beyond the last cell of a row repeats its last pixels, and is no part of the picture.
void clear_beyond(int32_t row, StrokeMap* map) {
  const int32_t begin = map->index(map->columns, row), count = map->grid_stride - map->columns;
  std::memset(&map->cells.across[begin], 0, count);
  std::memset(&map->cells.along[begin], 0, count);
}

}  // namespace

void find_strokes(const ThresholdRange& range, StrokeMap* map) {
  resize(map);
  map->threshold = choose_threshold(*map, range);
  LivelyBlocks lively_blocks(*map);
  for (int32_t row = 0; row < map->rows; ++row) {
    uint8_t* lively = &map->lively[map->index(0, row) / kBlockCells];
    lively_blocks.mark(row, range.least, lively);
    for (int32_t block = 0; block < map->luma.blocks(); ++block) {
      if (lively[block] != 0) find_block(row, block * kBlockCells, map);
    }
    clear_beyond(row, map);
  }
}

}  // namespace deepseekocr::plugin
