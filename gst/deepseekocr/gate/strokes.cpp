// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/strokes.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "deepseekocr/gate/downscale.h"
#include "deepseekocr/gate/vector_row.h"

namespace deepseekocr::plugin {
namespace {

/// Rows that are looked at for the level of noise and texture: one in so many, or so many where there are few.
constexpr int32_t kNoiseRows = 16;

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
        peak(width),
        threshold(width),
        brightest(width),
        darkest(width),
        sum_across(width),
        sum_along(width) {}
  CellRows bright, dark, across, along;
  std::vector<uint8_t> peak, threshold, brightest, darkest, sum_across, sum_along;
};

/// Strokes that a horizontal line crosses.
void cross_row(const uint8_t* p, int32_t width, uint8_t* __restrict bright, uint8_t* __restrict dark) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t left_low = least(least(p[x - 4], p[x - 3]), least(p[x - 2], p[x - 1]));
    const uint8_t right_low = least(least(p[x + 1], p[x + 2]), least(p[x + 3], p[x + 4]));
    const uint8_t left_high = most(most(p[x - 4], p[x - 3]), most(p[x - 2], p[x - 1]));
    const uint8_t right_high = most(most(p[x + 1], p[x + 2]), most(p[x + 3], p[x + 4]));
    bright[x] = excess(p[x], most(left_low, right_low));
    dark[x] = excess(least(left_high, right_high), p[x]);
  }
}

/// Strokes that a vertical line crosses, `rows[4]` being the row itself; adds them to what cross_row() found.
void along_row(const std::array<const uint8_t*, 9>& rows, int32_t width, uint8_t* __restrict bright,
               uint8_t* __restrict dark, uint8_t* __restrict across, uint8_t* __restrict along) {
  const uint8_t *a = rows[0], *b = rows[1], *c = rows[2], *d = rows[3], *p = rows[4], *e = rows[5], *f = rows[6],
                *g = rows[7], *h = rows[8];
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t up_low = least(least(a[x], b[x]), least(c[x], d[x]));
    const uint8_t down_low = least(least(e[x], f[x]), least(g[x], h[x]));
    const uint8_t up_high = most(most(a[x], b[x]), most(c[x], d[x]));
    const uint8_t down_high = most(most(e[x], f[x]), most(g[x], h[x]));
    const uint8_t along_bright = excess(p[x], most(up_low, down_low));
    const uint8_t along_dark = excess(least(up_high, down_high), p[x]);
    across[x] = most(bright[x], dark[x]);
    along[x] = most(along_bright, along_dark);
    bright[x] = most(bright[x], along_bright);
    dark[x] = most(dark[x], along_dark);
  }
}

std::array<const uint8_t*, 9> rows_around(const Plane& plane, int32_t y) {
  std::array<const uint8_t*, 9> rows{};
  for (int32_t i = 0; i < 9; ++i) rows[i] = plane.row(std::clamp(y + i - kStrokeReach, 0, plane.height() - 1));
  return rows;
}

void find_row(const Plane& luma, int32_t y, Workspace& work) {
  const int32_t width = luma.width();
  cross_row(luma.row(y), width, work.bright.row(y), work.dark.row(y));
  along_row(rows_around(luma, y), width, work.bright.row(y), work.dark.row(y), work.across.row(y), work.along.row(y));
}

void store_height(const uint8_t* bright, const uint8_t* dark, int32_t width, uint8_t* __restrict height) {
  for (int32_t x = 0; x < width; ++x) height[x] = static_cast<uint8_t>(128 + (bright[x] >> 1) - (dark[x] >> 1));
}

void add_peak(const uint8_t* across, const uint8_t* along, int32_t width, uint8_t* __restrict peak) {
  for (int32_t x = 0; x < width; ++x) peak[x] = most(peak[x], most(across[x], along[x]));
}

/// Counts pixels that are high enough.
void add_count(const uint8_t* height, const uint8_t* threshold, int32_t width, uint8_t* __restrict count) {
  for (int32_t x = 0; x < width; ++x) count[x] = static_cast<uint8_t>(count[x] - mask_of(height[x] >= threshold[x]));
}

void add_brightest(const uint8_t* luma, const uint8_t* bright, const uint8_t* threshold, int32_t width,
                   uint8_t* __restrict brightest) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t value = luma[x] & mask_of(bright[x] >= threshold[x]);
    brightest[x] = most(brightest[x], value);
  }
}

void add_darkest(const uint8_t* luma, const uint8_t* dark, const uint8_t* threshold, int32_t width,
                 uint8_t* __restrict darkest) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t value = luma[x] | mask_of(dark[x] < threshold[x]);
    darkest[x] = least(darkest[x], value);
  }
}

/// The strokes of one letter are of one height: what is far below the highest of its cell is ground.
void choose_cell_thresholds(uint8_t threshold, int32_t columns, Workspace& work, CellStrokes* cells) {
  for (int32_t column = 0; column < columns; ++column) {
    const uint8_t* peaks = &work.peak[column * kCell];
    cells[column].peak = *std::max_element(peaks, peaks + kCell);
    std::memset(&work.threshold[column * kCell], most(threshold, cells[column].peak / 3), kCell);
  }
}

void store_cells(const Workspace& work, int32_t columns, CellStrokes* cells) {
  for (int32_t column = 0; column < columns; ++column) {
    const int32_t x = column * kCell;
    CellStrokes& cell = cells[column];
    cell.across = sum_of_eight(&work.sum_across[x]);
    cell.along = sum_of_eight(&work.sum_along[x]);
    cell.brightest = *std::max_element(&work.brightest[x], &work.brightest[x] + kCell);
    cell.darkest = *std::min_element(&work.darkest[x], &work.darkest[x] + kCell);
  }
}

/// Looks at the rows of pixels from `top` to before `bottom`: one row of cells.
void find_cells(StrokeMap* map, int32_t top, int32_t bottom, Workspace& work) {
  const int32_t width = map->luma.width();
  CellStrokes* cells = &map->cells[static_cast<size_t>(top / kCell) * map->columns];
  for (auto* bytes : {&work.peak, &work.brightest, &work.sum_across, &work.sum_along})
    std::fill(bytes->begin(), bytes->end(), uint8_t{0});
  std::fill(work.darkest.begin(), work.darkest.end(), uint8_t{255});
  for (int32_t y = top; y < bottom; ++y) {
    find_row(map->luma, y, work);
    store_height(work.bright.row(y), work.dark.row(y), width, map->height.row(y));
    add_peak(work.across.row(y), work.along.row(y), width, work.peak.data());
  }
  choose_cell_thresholds(map->threshold, map->columns, work, cells);
  const uint8_t* threshold = work.threshold.data();
  for (int32_t y = top; y < bottom; ++y) {
    add_count(work.across.row(y), threshold, width, work.sum_across.data());
    add_count(work.along.row(y), threshold, width, work.sum_along.data());
    add_brightest(map->luma.row(y), work.bright.row(y), threshold, width, work.brightest.data());
    add_darkest(map->luma.row(y), work.dark.row(y), threshold, width, work.darkest.data());
  }
  store_cells(work, map->columns, cells);
}

/// Height that strokes must have to rise above the picture's noise and texture.  Those are everywhere, text leaves some
/// of the picture free: the quietest fifth tells them apart.
uint8_t choose_threshold(const Plane& luma, const ThresholdRange& range, Workspace& work) {
  std::array<uint32_t, 256> counts{};
  uint32_t total = 0;
  const int32_t step = std::clamp(luma.height() / kNoiseRows, 1, kNoiseRows);
  for (int32_t y = step / 2; y < luma.height(); y += step) {
    find_row(luma, y, work);
    const uint8_t *across = work.across.row(y), *along = work.along.row(y);
    for (int32_t x = 0; x < luma.width(); x += kCell, ++total) {
      uint8_t high = 0;
      for (int32_t i = x; i < x + kCell; ++i)
        high = most(high, range.count_lines ? most(across[i], along[i]) : least(across[i], along[i]));
      ++counts[high];
    }
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
  for (int32_t top = 0; top < height; top += kCell) find_cells(map, top, std::min(top + kCell, height), work);
}

}  // namespace deepseekocr::plugin
