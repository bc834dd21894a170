// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/change.h"

#include <algorithm>
#include <array>
#include <vector>

#include "deepseekocr/gate/downscale.h"
#include "deepseekocr/gate/run.h"
#include "deepseekocr/gate/vector_row.h"
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

/// Pixels of one cell, 0 to 64 each.
struct CellChange {
  uint8_t moved = 0, strokes = 0;       /**< pixels that moved; strokes of either kind that came or went */
  uint8_t bright = 0, dark = 0;         /**< the same of strokes of the colour of bright (dark) writing */
  uint8_t all_bright = 0, all_dark = 0; /**< such strokes in either frame */
};

/// What counts in a row of cells, for each pixel.
struct Limits {
  explicit Limits(size_t width)
      : change(width), bright_height(width), dark_height(width), bright_luma(width), dark_luma(width) {}
  std::vector<uint8_t> change;                      // of brightness; half of it of the stored height
  std::vector<uint8_t> bright_height, dark_height;  // stored heights beyond which there is a stroke
  std::vector<uint8_t> bright_luma, dark_luma;      // brightness beyond which it has the colour of the writing
};

struct Workspace {
  explicit Workspace(size_t width)
      : limits(width),
        luma_gap(width),
        changed(width),
        high(width),
        low(width),
        bright(width),
        dark(width),
        sum_moved(width),
        sum_strokes(width),
        sum_bright(width),
        sum_dark(width),
        sum_all_bright(width),
        sum_all_dark(width) {}
  Limits limits;
  std::vector<uint8_t> luma_gap, changed, high, low, bright, dark;
  std::vector<uint8_t> sum_moved, sum_strokes, sum_bright, sum_dark, sum_all_bright, sum_all_dark;

  auto sums() { return std::array{&sum_moved, &sum_strokes, &sum_bright, &sum_dark, &sum_all_bright, &sum_all_dark}; }
};

/// Extremes of the cells around one in both frames.
struct Surroundings {
  uint8_t peak = 0, brightest = 0, darkest = 255;

  void add(const CellStrokes& cell) {
    peak = most(peak, cell.peak);
    brightest = most(brightest, cell.brightest);
    darkest = least(darkest, cell.darkest);
  }
};

Surroundings look_around(const StrokeMap& before, const StrokeMap& now, int32_t column, int32_t row) {
  Surroundings around;
  for (int32_t y = std::max(0, row - 1); y <= std::min(now.rows - 1, row + 1); ++y) {
    for (int32_t x = std::max(0, column - 1); x <= std::min(now.columns - 1, column + 1); ++x) {
      around.add(before.cell(x, y));
      around.add(now.cell(x, y));
    }
  }
  return around;
}

void set_limits(const StrokeMap& before, const StrokeMap& now, int32_t row, Run run, Limits* limits) {
  for (int32_t column = run.begin; column < run.end; ++column) {
    const Surroundings around = look_around(before, now, column, row);
    const int32_t change = std::max<int32_t>(kLeastChange, around.peak / kHeightDivisor);
    const auto fill = [&](std::vector<uint8_t>& bytes, int32_t value) {
      std::memset(&bytes[static_cast<size_t>(column) * kCell], std::clamp(value, 0, 255), kCell);
    };
    fill(limits->change, change);
    fill(limits->bright_height, 128 + change / 2);
    fill(limits->dark_height, 128 - change / 2);
    fill(limits->bright_luma, around.brightest - kColorReach);
    fill(limits->dark_luma, around.darkest + kColorReach);
  }
}

void find_gaps(const uint8_t* before, const uint8_t* now, int32_t width, uint8_t* __restrict gaps) {
  for (int32_t x = 0; x < width; ++x) gaps[x] = gap(before[x], now[x]);
}

bool any_moved(const uint8_t* gaps, int32_t width) {
  uint8_t widest = 0;
  for (int32_t x = 0; x < width; ++x) widest = most(widest, gaps[x]);
  return widest >= kMovedBy;
}

void find_changed(const uint8_t* luma_gap, const uint8_t* before, const uint8_t* now, const uint8_t* limit,
                  int32_t width, uint8_t* __restrict changed) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t luma = mask_of(luma_gap[x] >= limit[x]);
    const uint8_t height = mask_of(gap(before[x], now[x]) >= (limit[x] >> 1));
    changed[x] = luma & height;
  }
}

void find_extremes(const uint8_t* before, const uint8_t* now, int32_t width, uint8_t* __restrict high,
                   uint8_t* __restrict low) {
  for (int32_t x = 0; x < width; ++x) {
    high[x] = most(before[x], now[x]);
    low[x] = least(before[x], now[x]);
  }
}

void find_at_least(const uint8_t* values, const uint8_t* limit, int32_t width, uint8_t* __restrict found) {
  for (int32_t x = 0; x < width; ++x) found[x] = mask_of(values[x] >= limit[x]);
}

void find_at_most(const uint8_t* values, const uint8_t* limit, int32_t width, uint8_t* __restrict found) {
  for (int32_t x = 0; x < width; ++x) found[x] = mask_of(values[x] <= limit[x]);
}

void keep_at_least(const uint8_t* values, const uint8_t* limit, int32_t width, uint8_t* __restrict kept) {
  for (int32_t x = 0; x < width; ++x) kept[x] &= mask_of(values[x] >= limit[x]);
}

void keep_at_most(const uint8_t* values, const uint8_t* limit, int32_t width, uint8_t* __restrict kept) {
  for (int32_t x = 0; x < width; ++x) kept[x] &= mask_of(values[x] <= limit[x]);
}

void add_moved(const uint8_t* gaps, int32_t width, uint8_t* __restrict sum) {
  for (int32_t x = 0; x < width; ++x) sum[x] = static_cast<uint8_t>(sum[x] - mask_of(gaps[x] >= kMovedBy));
}

void add(const uint8_t* mask, int32_t width, uint8_t* __restrict sum) {
  for (int32_t x = 0; x < width; ++x) sum[x] = static_cast<uint8_t>(sum[x] - mask[x]);
}

void add_both(const uint8_t* mask, const uint8_t* other, int32_t width, uint8_t* __restrict sum) {
  for (int32_t x = 0; x < width; ++x) sum[x] = static_cast<uint8_t>(sum[x] - (mask[x] & other[x]));
}

void add_either(const uint8_t* mask, const uint8_t* one, const uint8_t* other, int32_t width, uint8_t* __restrict sum) {
  for (int32_t x = 0; x < width; ++x) sum[x] = static_cast<uint8_t>(sum[x] - (mask[x] & (one[x] | other[x])));
}

/// Adds one row of pixels, whose brightness differs by `work.luma_gap`.
void compare_row(const StrokeMap& before, const StrokeMap& now, int32_t y, Run run, Workspace& work) {
  const int32_t x = run.begin * kCell, width = (run.end - run.begin) * kCell;
  const Limits& limits = work.limits;
  uint8_t *changed = work.changed.data(), *bright = work.bright.data(), *dark = work.dark.data();
  uint8_t *high = work.high.data(), *low = work.low.data();
  const uint8_t *height_before = before.height.row(y) + x, *height_now = now.height.row(y) + x;
  add_moved(work.luma_gap.data(), width, work.sum_moved.data() + x);
  find_changed(work.luma_gap.data(), height_before, height_now, limits.change.data() + x, width, changed);
  find_extremes(height_before, height_now, width, high, low);
  find_at_least(high, limits.bright_height.data() + x, width, bright);
  find_at_most(low, limits.dark_height.data() + x, width, dark);
  add_either(changed, bright, dark, width, work.sum_strokes.data() + x);
  find_extremes(before.luma.row(y) + x, now.luma.row(y) + x, width, high, low);
  keep_at_least(high, limits.bright_luma.data() + x, width, bright);
  keep_at_most(low, limits.dark_luma.data() + x, width, dark);
  add(bright, width, work.sum_all_bright.data() + x);
  add(dark, width, work.sum_all_dark.data() + x);
  add_both(changed, bright, width, work.sum_bright.data() + x);
  add_both(changed, dark, width, work.sum_dark.data() + x);
}

void store_cells(const Workspace& work, Run run, CellChange* cells) {
  for (int32_t column = run.begin; column < run.end; ++column) {
    const size_t x = static_cast<size_t>(column) * kCell;
    CellChange& cell = cells[column];
    cell.moved = sum_of_eight(&work.sum_moved[x]);
    cell.strokes = sum_of_eight(&work.sum_strokes[x]);
    cell.bright = sum_of_eight(&work.sum_bright[x]);
    cell.dark = sum_of_eight(&work.sum_dark[x]);
    cell.all_bright = sum_of_eight(&work.sum_all_bright[x]);
    cell.all_dark = sum_of_eight(&work.sum_all_dark[x]);
  }
}

/// Compares a run of cells.  Where nothing moved, which is most of most pictures, the first look is the last.
void compare_cells(const StrokeMap& before, const StrokeMap& now, int32_t row, Run run, Workspace& work,
                   CellChange* cells) {
  const int32_t x = run.begin * kCell, width = (run.end - run.begin) * kCell;
  const int32_t bottom = std::min((row + 1) * kCell, now.luma.height());
  bool begun = false;
  for (int32_t y = row * kCell; y < bottom; ++y) {
    find_gaps(before.luma.row(y) + x, now.luma.row(y) + x, width, work.luma_gap.data());
    if (!any_moved(work.luma_gap.data(), width)) continue;
    if (!begun) {
      for (auto* sum : work.sums()) std::memset(sum->data() + x, 0, width);
      set_limits(before, now, row, run, &work.limits);
      begun = true;
    }
    compare_row(before, now, y, run, work);
  }
  if (begun) store_cells(work, run, cells);
}

/// Marks the cells of a row whose change can matter: near text in one of the frames, or beside such a cell.
void mark_relevant(const StrokeMap& before, const StrokeMap& now, int32_t row, std::vector<uint8_t>* relevant) {
  std::fill(relevant->begin(), relevant->end(), uint8_t{0});
  for (int32_t y = std::max(0, row - 1); y <= std::min(now.rows - 1, row + 1); ++y) {
    for (int32_t column = 0; column < now.columns; ++column) {
      const int32_t index = y * now.columns + column;
      if (before.near_text[index] == 0 && now.near_text[index] == 0) continue;
      for (int32_t x = std::max(0, column - 1); x <= std::min(now.columns - 1, column + 1); ++x) (*relevant)[x] = 1;
    }
  }
}

/// The distance of one pair of maps, from their cells.
class Judge {
 public:
  Judge(const StrokeMap& before, const StrokeMap& now, const std::vector<CellChange>& cells)
      : before_(before), now_(now), columns_(now.columns), rows_(now.rows), cells_(cells) {}

  uint32_t distance() {
    for (int32_t row = 0; row < rows_; ++row) {
      for (int32_t column = 0; column < columns_; ++column) add_cell(column, row);
    }
    const uint32_t lost = std::min(percent(bright_, all_bright_), percent(dark_, all_dark_));
    return std::max({still_, moving_ * kStillPixels / kMovingPixels, lost * kStillPixels / kMovingPercent});
  }

 private:
  static uint32_t percent(uint32_t part, uint32_t all) { return all == 0 ? 0 : 100 * part / all; }
  const CellChange& cell(int32_t column, int32_t row) const { return cells_[row * columns_ + column]; }

  bool ground_moves(int32_t column, int32_t row) const {
    int32_t moved = 0;
    for (int32_t y = row - 1; y <= row + 1; ++y) {
      for (int32_t x = column - 1; x <= column + 1; ++x) {
        // Beyond the edge it is as it is at the edge.
        const CellChange& other = cell(std::clamp(x, 0, columns_ - 1), std::clamp(y, 0, rows_ - 1));
        if ((x != column || y != row) && other.moved >= kMovedPixels) ++moved;
      }
    }
    return moved >= kMovedNeighbours;
  }

  void add_cell(int32_t column, int32_t row) {
    const CellChange& own = cell(column, row);
    if (own.moved == 0) return;
    const int32_t index = row * columns_ + column;
    if (before_.near_text[index] == 0 && now_.near_text[index] == 0) return;
    if (!ground_moves(column, row)) {
      still_ = std::max<uint32_t>(still_, own.strokes);
      return;
    }
    moving_ = std::max<uint32_t>(moving_, std::min(own.bright, own.dark));
    bright_ += own.bright;
    dark_ += own.dark;
    all_bright_ += own.all_bright;
    all_dark_ += own.all_dark;
  }

  const StrokeMap &before_, &now_;
  const int32_t columns_, rows_;
  const std::vector<CellChange>& cells_;
  uint32_t still_ = 0, moving_ = 0, bright_ = 0, dark_ = 0, all_bright_ = 0, all_dark_ = 0;
};

uint32_t map_distance(const StrokeMap& before, const StrokeMap& now) {
  std::vector<CellChange> cells(now.cells.size());
  std::vector<uint8_t> relevant(now.columns);
  Workspace work(now.luma.width());
  for (int32_t row = 0; row < now.rows; ++row) {
    mark_relevant(before, now, row, &relevant);
    for_each_run(relevant, [&](Run run) {
      compare_cells(before, now, row, run, work, &cells[static_cast<size_t>(row) * now.columns]);
    });
  }
  return Judge(before, now, cells).distance();
}

}  // namespace

uint32_t stroke_distance(const Strokes& before, const Strokes& now) {
  if (!before.fine.luma.same_size(now.fine.luma)) return kNoReference;
  return std::max(map_distance(before.fine, now.fine), map_distance(before.coarse, now.coarse));
}

}  // namespace deepseekocr::plugin
