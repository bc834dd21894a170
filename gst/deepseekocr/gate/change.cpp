// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/change.h"

#include <algorithm>
#include <array>
#include <vector>

#include "deepseekocr/gate/grid.h"
#include "deepseekocr/gate/verdict.h"

namespace deepseekocr::plugin {
namespace {

/// Least change of a pixel that counts, and the part of the height of the strokes around it that it must be.
constexpr int32_t kLeastChange = 16, kHeightDivisor = 4;

/// Change of brightness from which a pixel moved; a cell moved if so many of its pixels did.
constexpr uint8_t kMovedBy = 12;
constexpr int32_t kMovedPixels = 16;

/// Of the eight cells around one, so many must have moved for the ground to move.
constexpr int32_t kMovedNeighbours = 4;

/// Strokes this near to the brightest (darkest) ones around are of the colour of the writing.
constexpr int32_t kColorReach = 48;

/// On moving ground, so many pixels in a cell, or so many of a hundred of all, are as far as kStillPixels where it
/// stands still.
constexpr uint32_t kMovingPixels = 20, kMovingPercent = 25, kStillPixels = 3;

/// Extremes of the cells around one in both frames.
struct Surroundings {
  uint8_t peak = 0, brightest = 0, darkest = 255;

  void add(const CellStrokes& cells, int32_t index) {
    peak = std::max(peak, cells.peak[index]);
    brightest = std::max(brightest, cells.brightest[index]);
    darkest = std::min(darkest, cells.darkest[index]);
  }
};

/// Finds what counts in one cell.
void set_limits(const StrokeMap& before, const StrokeMap& now, int32_t index, BlockLimits* limits) {
  Surroundings around;
  for_each_around(now, index, [&](int32_t other) {
    around.add(before.cells, other);
    around.add(now.cells, other);
  });
  const auto to_byte = [](int32_t value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); };
  const int32_t i = index % kBlockCells, change = std::max<int32_t>(kLeastChange, around.peak / kHeightDivisor);
  limits->change[i] = to_byte(change);
  limits->bright_height[i] = to_byte(128 + change / 2);
  limits->dark_height[i] = to_byte(128 - change / 2);
  limits->bright_luma[i] = to_byte(around.brightest - kColorReach);
  limits->dark_luma[i] = to_byte(around.darkest + kColorReach);
}

/// Stored heights of a block of cells; of one that was not looked at, what they would be.
Patch heights_of(const StrokeMap& map, int32_t index, int32_t x, int32_t y) {
  static constexpr auto kFlat = [] {
    std::array<uint8_t, kBlock> bytes{};
    bytes.fill(128);
    return bytes;
  }();
  return map.is_lively(index) ? map.height.patch(x, y) : Patch{kFlat.data(), 0};
}

/// The distance of one pair of maps.
class Comparison {
 public:
  Comparison(const StrokeMap& before, const StrokeMap& now)
      : before_(before), now_(now), near_(now.grid_size()), moved_(now.grid_size()) {}

  uint32_t distance() {
    join(before_.near_text.data(), now_.near_text.data(), now_.grid_size(), near_.data());
    if (!count_moved()) return 0;
    for_each_mark(near_, [this](int32_t index) {
      if (moved_[index] != 0) add_cell(index);
    });
    const uint32_t lost = std::min(percent(bright_, all_bright_), percent(dark_, all_dark_));
    return std::max({still_, moving_ * kStillPixels / kMovingPixels, lost * kStillPixels / kMovingPercent});
  }

 private:
  static uint32_t percent(uint32_t part, uint32_t all) { return all == 0 ? 0 : 100 * part / all; }

  static void join(const uint8_t* one, const uint8_t* other, int32_t count, uint8_t* __restrict either) {
    for (int32_t i = 0; i < count; ++i) either[i] = one[i] | other[i];
  }

  /// Counts the pixels that moved in the cells whose change can matter: near text in one of the frames, or beside such
  /// a cell.  @return whether there are any
  bool count_moved() {
    std::vector<uint8_t> relevant(now_.grid_size() / kBlockCells);
    for_each_mark(near_, [&](int32_t index) {
      for_each_around(now_, index, [&](int32_t other) { relevant[other / kBlockCells] = 1; });
    });
    bool any = false;
    for_each_mark(relevant, [&](int32_t block) {
      const int32_t index = block * kBlockCells, x = pixel_column(index), y = pixel_row(index);
      any |= best_kernels().count_moved(before_.luma.patch(x, y), now_.luma.patch(x, y), pixel_rows(index), kMovedBy,
                                        &moved_[index]);
    });
    return any;
  }

  int32_t pixel_column(int32_t index) const { return index % now_.grid_stride * kCell; }
  int32_t pixel_row(int32_t index) const { return index / now_.grid_stride * kCell; }
  int32_t pixel_rows(int32_t index) const { return now_.pixel_rows(index / now_.grid_stride); }

  bool ground_moves(int32_t index) const {
    const int32_t column = index % now_.grid_stride, row = index / now_.grid_stride;
    int32_t moved = 0;
    for (int32_t y = row - 1; y <= row + 1; ++y) {
      for (int32_t x = column - 1; x <= column + 1; ++x) {
        // Beyond the edge it is as it is at the edge.
        const int32_t other = now_.index(std::clamp(x, 0, now_.columns - 1), std::clamp(y, 0, now_.rows - 1));
        if ((x != column || y != row) && moved_[other] >= kMovedPixels) ++moved;
      }
    }
    return moved >= kMovedNeighbours;
  }

  /// Compares the block that a cell is in, but for its cells that are not near text or did not move.
  void compare_block(int32_t block) {
    const int32_t first = block * kBlockCells, x = pixel_column(first), y = pixel_row(first);
    BlockLimits limits{};
    for (int32_t index = first; index < first + kBlockCells; ++index) {
      if (near_[index] != 0 && moved_[index] != 0) set_limits(before_, now_, index, &limits);
    }
    best_kernels().compare(before_.luma.patch(x, y), now_.luma.patch(x, y), heights_of(before_, first, x, y),
                           heights_of(now_, first, x, y), pixel_rows(first), limits, &change_);
    block_ = block;
  }

  void add_cell(int32_t index) {
    if (index / kBlockCells != block_) compare_block(index / kBlockCells);
    const int32_t i = index % kBlockCells;
    if (!ground_moves(index)) {
      still_ = std::max<uint32_t>(still_, change_.strokes[i]);
      return;
    }
    moving_ = std::max<uint32_t>(moving_, std::min(change_.bright[i], change_.dark[i]));
    bright_ += change_.bright[i];
    dark_ += change_.dark[i];
    all_bright_ += change_.all_bright[i];
    all_dark_ += change_.all_dark[i];
  }

  const StrokeMap &before_, &now_;
  std::vector<uint8_t> near_;   // cells near text in either frame
  std::vector<uint8_t> moved_;  // pixels of each cell
  BlockChange change_{};        // of block_
  int32_t block_ = -1;
  uint32_t still_ = 0, moving_ = 0, bright_ = 0, dark_ = 0, all_bright_ = 0, all_dark_ = 0;
};

}  // namespace

uint32_t stroke_distance(const Strokes& before, const Strokes& now) {
  if (!before.fine.luma.same_size(now.fine.luma)) return kNoReference;
  return std::max(Comparison(before.fine, now.fine).distance(), Comparison(before.coarse, now.coarse).distance());
}

}  // namespace deepseekocr::plugin
