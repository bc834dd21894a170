// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/strokes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "deepseekocr/gate/downscale.h"
#include "deepseekocr/gate/run.h"
#include "deepseekocr/gate/vector_row.h"

namespace deepseekocr::plugin {
namespace {

/// Rows that are looked at for the level of noise and texture: one in so many, or so many where there are few.
constexpr int32_t kNoiseRows = 16;

/// Rows of the picture whose range is taken together: strokes reach as far.
constexpr int32_t kBand = kStrokeReach;

/// A row of bytes for each row of pixels of a cell.
struct CellRows {
  explicit CellRows(size_t width) : width_(width), bytes_(width * kCell) {}
  uint8_t* row(int32_t y) { return bytes_.data() + width_ * (y % kCell); }
  const uint8_t* row(int32_t y) const { return bytes_.data() + width_ * (y % kCell); }

 private:
  size_t width_;
  std::vector<uint8_t> bytes_;
};

/// What one row of cells needs while it is looked at.
struct Workspace {
  explicit Workspace(size_t width)
      : bright(width),
        dark(width),
        across(width),
        along(width),
        threshold(width),
        sum_across(width),
        sum_along(width),
        of_cells(width / kCell),
        peak(width + kReadAhead),
        brightest(width + kReadAhead),
        darkest(width + kReadAhead) {}
  CellRows bright, dark, across, along;
  std::vector<uint8_t> threshold, sum_across, sum_along, of_cells, peak, brightest, darkest;
};

/// The strokes of one row of pixels, of which `rows[4]` is the row itself: heights of bright and of dark ones, of those
/// that a horizontal and a vertical line cross, the height that StrokeMap keeps, and the highest of each column.
[[gnu::noinline]] void find_row(const std::array<const uint8_t*, 9>& rows, int32_t width, uint8_t* __restrict bright,
                                uint8_t* __restrict dark, uint8_t* __restrict across, uint8_t* __restrict along,
                                uint8_t* __restrict height, uint8_t* __restrict peak) {
  const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *p = rows[4], *e = rows[5], *f = rows[6],
                *g = rows[7], *h = rows[8];
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t left_low = least(least(p[x - 4], p[x - 3]), least(p[x - 2], p[x - 1]));
    const uint8_t right_low = least(least(p[x + 1], p[x + 2]), least(p[x + 3], p[x + 4]));
    const uint8_t left_high = most(most(p[x - 4], p[x - 3]), most(p[x - 2], p[x - 1]));
    const uint8_t right_high = most(most(p[x + 1], p[x + 2]), most(p[x + 3], p[x + 4]));
    const uint8_t up_low = least(least(a[x], b[x]), least(c[x], d[x]));
    const uint8_t down_low = least(least(e[x], f[x]), least(g[x], h[x]));
    const uint8_t up_high = most(most(a[x], b[x]), most(c[x], d[x]));
    const uint8_t down_high = most(most(e[x], f[x]), most(g[x], h[x]));
    const uint8_t across_bright = excess(p[x], most(left_low, right_low));
    const uint8_t across_dark = excess(least(left_high, right_high), p[x]);
    const uint8_t along_bright = excess(p[x], most(up_low, down_low));
    const uint8_t along_dark = excess(least(up_high, down_high), p[x]);
    bright[x] = most(across_bright, along_bright);
    dark[x] = most(across_dark, along_dark);
    across[x] = most(across_bright, across_dark);
    along[x] = most(along_bright, along_dark);
    peak[x] = most(peak[x], most(across[x], along[x]));
    height[x] = static_cast<uint8_t>(128 + (bright[x] >> 1) - (dark[x] >> 1));
  }
}

std::array<const uint8_t*, 9> rows_around(const Plane& plane, int32_t x, int32_t y) {
  std::array<const uint8_t*, 9> rows{};
  for (int32_t i = 0; i < 9; ++i) rows[i] = plane.row(std::clamp(y + i - kStrokeReach, 0, plane.height() - 1)) + x;
  return rows;
}

/// Counts the pixels of strokes that are high enough, and finds the extremes of their brightness.
[[gnu::noinline]] void count_row(const uint8_t* threshold, const uint8_t* across, const uint8_t* along,
                                 const uint8_t* bright, const uint8_t* dark, const uint8_t* luma, int32_t width,
                                 uint8_t* __restrict sum_across, uint8_t* __restrict sum_along,
                                 uint8_t* __restrict brightest, uint8_t* __restrict darkest) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t bright_luma = luma[x] & mask_of(bright[x] >= threshold[x]);
    const uint8_t dark_luma = luma[x] | mask_of(dark[x] < threshold[x]);
    sum_across[x] = static_cast<uint8_t>(sum_across[x] - mask_of(across[x] >= threshold[x]));
    sum_along[x] = static_cast<uint8_t>(sum_along[x] - mask_of(along[x] >= threshold[x]));
    brightest[x] = most(brightest[x], bright_luma);
    darkest[x] = least(darkest[x], dark_luma);
  }
}

/// The strokes of one letter are of one height: what is far below the highest of its cell is ground.
void choose_cell_thresholds(uint8_t threshold, Run run, Workspace& work, CellStrokes* cells) {
  const int32_t count = run.end - run.begin;
  most_of_eights(&work.peak[run.begin * kCell], count, work.of_cells.data());
  for (int32_t i = 0; i < count; ++i) {
    cells[run.begin + i].peak = work.of_cells[i];
    std::memset(&work.threshold[(run.begin + i) * kCell], most(threshold, work.of_cells[i] / 3), kCell);
  }
}

void store_cells(Run run, Workspace& work, CellStrokes* cells) {
  const int32_t count = run.end - run.begin, x = run.begin * kCell;
  uint8_t* of_cells = work.of_cells.data();
  for (int32_t i = 0; i < count; ++i) {
    cells[run.begin + i].across = sum_of_eight(&work.sum_across[x + i * kCell]);
    cells[run.begin + i].along = sum_of_eight(&work.sum_along[x + i * kCell]);
  }
  most_of_eights(&work.brightest[x], count, of_cells);
  for (int32_t i = 0; i < count; ++i) cells[run.begin + i].brightest = of_cells[i];
  least_of_eights(&work.darkest[x], count, of_cells);
  for (int32_t i = 0; i < count; ++i) cells[run.begin + i].darkest = of_cells[i];
}

/// Looks at a run of cells whose rows of pixels are `top` to before `bottom`.
void find_cells(StrokeMap* map, int32_t top, int32_t bottom, Run run, Workspace& work) {
  const int32_t x = run.begin * kCell, width = (run.end - run.begin) * kCell;
  CellStrokes* cells = &map->cells[static_cast<size_t>(top / kCell) * map->columns];
  for (auto* bytes : {&work.peak, &work.brightest, &work.sum_across, &work.sum_along})
    std::memset(bytes->data() + x, 0, width);
  std::memset(work.darkest.data() + x, 255, width);
  for (int32_t y = top; y < bottom; ++y)
    find_row(rows_around(map->luma, x, y), width, work.bright.row(y) + x, work.dark.row(y) + x, work.across.row(y) + x,
             work.along.row(y) + x, map->height.row(y) + x, work.peak.data() + x);
  choose_cell_thresholds(map->threshold, run, work, cells);
  for (int32_t y = top; y < bottom; ++y)
    count_row(work.threshold.data() + x, work.across.row(y) + x, work.along.row(y) + x, work.bright.row(y) + x,
              work.dark.row(y) + x, map->luma.row(y) + x, width, work.sum_across.data() + x, work.sum_along.data() + x,
              work.brightest.data() + x, work.darkest.data() + x);
  store_cells(run, work, cells);
}

// ------------------------------------------------------------------------------------------------ where to look

/// Highest and lowest pixel of each cell's columns in bands of kBand rows.
struct Ranges {
  int32_t columns = 0, bands = 0;
  std::vector<uint8_t> high, low;

  const uint8_t* high_of(int32_t band) const { return &high[static_cast<size_t>(clamped(band)) * columns]; }
  const uint8_t* low_of(int32_t band) const { return &low[static_cast<size_t>(clamped(band)) * columns]; }

 private:
  int32_t clamped(int32_t band) const { return std::clamp(band, 0, bands - 1); }
};

[[gnu::noinline]] void widen(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* __restrict high,
                             uint8_t* __restrict low) {
  for (int32_t x = 0; x < width; ++x) {
    high[x] = most(high[x], upper[x]);
    low[x] = least(low[x], lower[x]);
  }
}

Ranges measure_ranges(const Plane& luma) {
  Ranges ranges;
  const int32_t width = luma.width();
  ranges.columns = width / kCell;
  ranges.bands = (luma.height() + kBand - 1) / kBand;
  const size_t tiles = static_cast<size_t>(ranges.columns) * ranges.bands;
  ranges.high.resize(tiles);
  ranges.low.resize(tiles);
  std::vector<uint8_t> high(width + kReadAhead), low(width + kReadAhead);
  for (int32_t band = 0; band < ranges.bands; ++band) {
    std::copy_n(luma.row(band * kBand), width, high.begin());
    std::copy_n(luma.row(band * kBand), width, low.begin());
    for (int32_t y = band * kBand + 1; y < std::min((band + 1) * kBand, luma.height()); ++y)
      widen(luma.row(y), luma.row(y), width, high.data(), low.data());
    const size_t tile = static_cast<size_t>(band) * ranges.columns;
    most_of_eights(high.data(), ranges.columns, &ranges.high[tile]);
    least_of_eights(low.data(), ranges.columns, &ranges.low[tile]);
  }
  return ranges;
}

/// Marks the cells of a row that can hold a stroke: all that its pixels look at differs by `least_height` or more.
void mark_lively(const Ranges& ranges, int32_t row, uint8_t least_height, std::vector<uint8_t>* lively) {
  constexpr int32_t kBands = kCell / kBand;
  const int32_t columns = ranges.columns;
  std::vector<uint8_t> high(columns, 0), low(columns, 255);
  for (int32_t band = row * kBands - 1; band <= (row + 1) * kBands; ++band)
    widen(ranges.high_of(band), ranges.low_of(band), columns, high.data(), low.data());
  for (int32_t i = 0; i < columns; ++i) {
    const int32_t left = std::max(0, i - 1), right = std::min(columns - 1, i + 1);
    const uint8_t top = most(most(high[left], high[i]), high[right]);
    const uint8_t bottom = least(least(low[left], low[i]), low[right]);
    (*lively)[i] = top - bottom >= least_height;
  }
}

/// Height that strokes must have to rise above the picture's noise and texture.  Those are everywhere, text leaves some
/// of the picture free: the quietest fifth tells them apart.
uint8_t choose_threshold(const Plane& luma, const ThresholdRange& range, Workspace& work) {
  std::array<uint32_t, 256> counts{};
  uint32_t total = 0;
  const int32_t width = luma.width(), columns = width / kCell;
  const int32_t step = std::clamp(luma.height() / kNoiseRows, 1, kNoiseRows);
  std::vector<uint8_t> unused(width);
  for (int32_t y = step / 2; y < luma.height(); y += step) {
    uint8_t *across = work.across.row(y), *along = work.along.row(y), *heights = work.peak.data();
    find_row(rows_around(luma, 0, y), width, work.bright.row(y), work.dark.row(y), across, along, unused.data(),
             heights);
    for (int32_t x = 0; x < width; ++x)
      heights[x] = range.count_lines ? most(across[x], along[x]) : least(across[x], along[x]);
    most_of_eights(heights, columns, work.of_cells.data());
    for (const uint8_t height : work.of_cells) ++counts[height];
    total += columns;
  }
  uint32_t quiet = 0, seen = 0;
  while (quiet < 255 && (seen += counts[quiet]) * 5 < total) ++quiet;
  return static_cast<uint8_t>(std::clamp<uint32_t>(2 * quiet + 8, range.least, range.most));
}

}  // namespace

void find_strokes(const ThresholdRange& range, StrokeMap* map) {
  const int32_t width = map->luma.width(), height = map->luma.height();
  map->height.resize(width, height);
  map->columns = width / kCell;
  map->rows = (height + kCell - 1) / kCell;
  map->cells.resize(static_cast<size_t>(map->columns) * map->rows);
  Workspace work(width);
  map->threshold = choose_threshold(map->luma, range, work);
  const Ranges ranges = measure_ranges(map->luma);
  std::vector<uint8_t> lively(map->columns);
  std::fill(map->cells.begin(), map->cells.end(), CellStrokes());
  for (int32_t row = 0; row < map->rows; ++row) {
    const int32_t top = row * kCell, bottom = std::min(top + kCell, height);
    for (int32_t y = top; y < bottom; ++y) std::memset(map->height.row(y), 128, width);
    mark_lively(ranges, row, range.least, &lively);
    for_each_run(lively, [&](Run run) { find_cells(map, top, bottom, run, work); });
  }
}

}  // namespace deepseekocr::plugin
