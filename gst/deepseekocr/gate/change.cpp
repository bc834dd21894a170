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

/// Change of brightness of a halved picture's pixel that means nothing: a quarter of the lowest stroke's height.
constexpr uint8_t kFaintNoise = 3;

/// Of the eight cells around one, so many must have moved for the ground to move.
constexpr int32_t kMovedNeighbours = 4;

/// Strokes this near to the brightest (darkest) ones around are of the colour of the writing.
constexpr int32_t kColorReach = 48;

/// On moving ground, so many pixels in a cell, or so many of a hundred of all, are as far as kStillPixels where it
/// stands still.
constexpr uint32_t kMovingPixels = 20, kMovingPercent = 25, kStillPixels = 3;

/// A byte for each cell of a row, and for one more at either side.
class CellRow {
 public:
  explicit CellRow(int32_t width) : bytes_(width + 2) {}

  uint8_t* data() { return &bytes_[1]; }
  void fill(uint8_t value) { std::fill(bytes_.begin(), bytes_.end(), value); }

 private:
  std::vector<uint8_t> bytes_;
};

// Loops over cells.  They are functions that stay so: inlined, what is known of their pointers is lost to the compiler,
// and they are no vector code any more.

[[gnu::noinline]] void take_most(const uint8_t* row, int32_t width, uint8_t* __restrict most) {
  for (int32_t i = 0; i < width; ++i) most[i] = std::max(most[i], row[i]);
}
[[gnu::noinline]] void take_least(const uint8_t* row, int32_t width, uint8_t* __restrict least) {
  for (int32_t i = 0; i < width; ++i) least[i] = std::min(least[i], row[i]);
}
[[gnu::noinline]] void most_of_threes(const uint8_t* row, int32_t width, uint8_t* __restrict most) {
  for (int32_t i = 0; i < width; ++i) most[i] = std::max(std::max(row[i - 1], row[i + 1]), row[i]);
}
[[gnu::noinline]] void least_of_threes(const uint8_t* row, int32_t width, uint8_t* __restrict least) {
  for (int32_t i = 0; i < width; ++i) least[i] = std::min(std::min(row[i - 1], row[i + 1]), row[i]);
}

[[gnu::noinline]] void find_in_either(const uint8_t* one, const uint8_t* other, int32_t count,
                                      uint8_t* __restrict marks) {
  for (int32_t i = 0; i < count; ++i) marks[i] = one[i] | other[i];
}
[[gnu::noinline]] void find_in_both(const uint8_t* marks, const uint8_t* numbers, int32_t count,
                                    uint8_t* __restrict both) {
  for (int32_t i = 0; i < count; ++i) both[i] = marks[i] & static_cast<uint8_t>(numbers[i] != 0);
}
[[gnu::noinline]] void count_if_moved(const uint8_t* moved, int32_t count, uint8_t* __restrict counts) {
  for (int32_t i = 0; i < count; ++i) counts[i] = static_cast<uint8_t>(counts[i] + (moved[i] >= kMovedPixels));
}
[[gnu::noinline]] void sum_threes(const uint8_t* counts, const uint8_t* moved, int32_t count,
                                  uint8_t* __restrict sums) {
  for (int32_t i = 0; i < count; ++i)
    sums[i] = static_cast<uint8_t>(counts[i - 1] + counts[i] + counts[i + 1] - (moved[i] >= kMovedPixels));
}
[[gnu::noinline]] void set_height_limits(const uint8_t* peaks, int32_t count, uint8_t* __restrict change,
                                         uint8_t* __restrict bright, uint8_t* __restrict dark) {
  for (int32_t i = 0; i < count; ++i) {
    change[i] = std::max<uint8_t>(kLeastChange, peaks[i] / kHeightDivisor);
    bright[i] = static_cast<uint8_t>(128 + change[i] / 2);
    dark[i] = static_cast<uint8_t>(128 - change[i] / 2);
  }
}
[[gnu::noinline]] void set_luma_limits(const uint8_t* brightest, const uint8_t* darkest, int32_t count,
                                       uint8_t* __restrict bright, uint8_t* __restrict dark) {
  for (int32_t i = 0; i < count; ++i) {
    bright[i] = static_cast<uint8_t>(std::max<int32_t>(kColorReach, brightest[i]) - kColorReach);
    dark[i] = static_cast<uint8_t>(std::min<int32_t>(255 - kColorReach, darkest[i]) + kColorReach);
  }
}

/// What counts in the cells of one row: it follows from the strokes of the cells around each, in both frames.
class RowLimits {
 public:
  explicit RowLimits(int32_t width)
      : width_(width),
        peaks_(width),
        brightest_(width),
        darkest_(width),
        around_bright_(width),
        around_dark_(width),
        change_(width),
        bright_height_(width),
        dark_height_(width),
        bright_luma_(width),
        dark_luma_(width) {}

  void set(const StrokeMap& before, const StrokeMap& now, int32_t row) {
    peaks_.fill(0);
    brightest_.fill(0);
    darkest_.fill(255);
    for (int32_t y = std::max(0, row - 1); y <= std::min(now.rows - 1, row + 1); ++y) {
      for (const StrokeMap* map : {&before, &now}) {
        take_most(&map->cells.peak[map->index(0, y)], width_, peaks_.data());
        take_most(&map->cells.brightest[map->index(0, y)], width_, brightest_.data());
        take_least(&map->cells.darkest[map->index(0, y)], width_, darkest_.data());
      }
    }
    most_of_threes(peaks_.data(), width_, around_bright_.data());
    set_height_limits(around_bright_.data(), width_, change_.data(), bright_height_.data(), dark_height_.data());
    most_of_threes(brightest_.data(), width_, around_bright_.data());
    least_of_threes(darkest_.data(), width_, around_dark_.data());
    set_luma_limits(around_bright_.data(), around_dark_.data(), width_, bright_luma_.data(), dark_luma_.data());
  }

  BlockLimits of(int32_t column) const {
    return {&change_[column], &bright_height_[column], &dark_height_[column], &bright_luma_[column],
            &dark_luma_[column]};
  }

 private:
  int32_t width_;
  CellRow peaks_, brightest_, darkest_;  // of the cells above each other
  std::vector<uint8_t> around_bright_, around_dark_;
  std::vector<uint8_t> change_, bright_height_, dark_height_, bright_luma_, dark_luma_;
};

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
      : before_(before),
        now_(now),
        near_(now.grid_size()),
        moved_(now.grid_size()),
        joined_(now.grid_stride),
        around_(now.grid_stride),
        marks_(now.grid_stride),
        limits_(now.grid_stride) {}

  uint32_t distance() {
    find_in_either(before_.near_text.data(), now_.near_text.data(), now_.grid_size(), near_.data());
    bool moved = false;
    for (int32_t row = 0; row < now_.rows; ++row) moved |= count_moved(row);
    for (int32_t row = 0; moved && row < now_.rows; ++row) add_row(row);
    const uint32_t lost = std::min(percent(bright_, all_bright_), percent(dark_, all_dark_));
    return std::max({still_, moving_ * kStillPixels / kMovingPixels, lost * kStillPixels / kMovingPercent,
                     std::min(fresh_, kFarthest)});
  }

 private:
  static uint32_t percent(uint32_t part, uint32_t all) { return all == 0 ? 0 : 100 * part / all; }

  /// Counts the pixels that moved in the cells of a row whose change can matter: near text in one of the frames, or
  /// beside such a cell.  @return whether there are any
  bool count_moved(int32_t row) {
    joined_.fill(0);
    for (int32_t y = std::max(0, row - 1); y <= std::min(now_.rows - 1, row + 1); ++y)
      take_most(&near_[now_.index(0, y)], now_.columns, joined_.data());
    bool any = false;
    for (int32_t column = 0; column < now_.columns; column += kBlockCells) {
      const uint8_t* near = joined_.data() + column;
      if (std::find(near - 1, near + kBlockCells + 1, 1) == near + kBlockCells + 1) continue;
      any |= best_kernels().count_moved(before_.luma.patch(column * kCell, row * kCell),
                                        now_.luma.patch(column * kCell, row * kCell), now_.pixel_rows(row), kMovedBy,
                                        &moved_[now_.index(column, row)]);
    }
    return any;
  }

  /// Counts, for each cell of a row, those around it that moved.
  void count_moved_around(int32_t row) {
    const int32_t columns = now_.columns;
    uint8_t* const sums = joined_.data();
    joined_.fill(0);
    for (int32_t y = row - 1; y <= row + 1; ++y) {
      // Beyond the edge it is as it is at the edge.
      const uint8_t* moved = &moved_[now_.index(0, std::clamp(y, 0, now_.rows - 1))];
      count_if_moved(moved, columns, sums);
    }
    sums[-1] = sums[0];
    sums[columns] = sums[columns - 1];
    const uint8_t* moved = &moved_[now_.index(0, row)];
    sum_threes(sums, moved, columns, around_.data());
  }

  /// Compares the cells of a row that are near text and moved.
  void add_row(int32_t row) {
    const int32_t first = now_.index(0, row);
    find_in_both(&near_[first], &moved_[first], now_.columns, marks_.data());
    int32_t block = -1;
    BlockChange change{};
    for_each_mark(marks_, [&](int32_t column) {
      if (block < 0) {
        count_moved_around(row);
        limits_.set(before_, now_, row);
      }
      if (block != column / kBlockCells) {
        block = column / kBlockCells;
        compare_block(row, block * kBlockCells, &change);
      }
      const bool ground_moves = around_[column] >= kMovedNeighbours;
      add_cell(change, column % kBlockCells, ground_moves);
      fresh_ += ground_moves && is_fresh(first + column);
    });
  }

  void compare_block(int32_t row, int32_t column, BlockChange* change) const {
    const int32_t x = column * kCell, y = row * kCell, index = now_.index(column, row);
    best_kernels().compare(before_.luma.patch(x, y), now_.luma.patch(x, y), heights_of(before_, index, x, y),
                           heights_of(now_, index, x, y), now_.pixel_rows(row), limits_.of(column), change);
  }

  /// Whether one frame has text in the cell and the other none there or around.
  bool is_fresh(int32_t index) const {
    return (now_.text[index] != 0 && before_.near_text[index] == 0) ||
           (before_.text[index] != 0 && now_.near_text[index] == 0);
  }

  /// @param i  of a cell in its block
  void add_cell(const BlockChange& change, int32_t i, bool ground_moves) {
    if (!ground_moves) {
      still_ = std::max<uint32_t>(still_, change.strokes[i]);
      return;
    }
    moving_ = std::max<uint32_t>(moving_, std::min(change.bright[i], change.dark[i]));
    bright_ += change.bright[i];
    dark_ += change.dark[i];
    all_bright_ += change.all_bright[i];
    all_dark_ += change.all_dark[i];
  }

  const StrokeMap &before_, &now_;
  std::vector<uint8_t> near_;   // cells near text in either frame
  std::vector<uint8_t> moved_;  // pixels of each cell

  // Of one row of cells.
  CellRow joined_;
  std::vector<uint8_t> around_, marks_;
  RowLimits limits_;

  uint32_t still_ = 0, moving_ = 0, bright_ = 0, dark_ = 0, all_bright_ = 0, all_dark_ = 0;
  uint32_t fresh_ = 0;  // cells of text that came or went together with their ground
};

}  // namespace

bool is_same_picture(const Strokes& before, const Strokes& now) {
  const Plane &one = before.fine.luma, &other = now.fine.luma;
  if (!one.same_size(other)) return false;
  for (int32_t y = 0; y < one.height(); ++y) {
    if (best_kernels().widest_gap(one.row(y), other.row(y), one.blocks()) > kFaintNoise) return false;
  }
  return true;
}

uint32_t stroke_distance(const Strokes& before, const Strokes& now) {
  if (!before.fine.luma.same_size(now.fine.luma)) return kNoReference;
  return std::max(Comparison(before.fine, now.fine).distance(), Comparison(before.coarse, now.coarse).distance());
}

}  // namespace deepseekocr::plugin
