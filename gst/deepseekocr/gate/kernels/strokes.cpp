// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/kernels/bytes.h"
#include "deepseekocr/gate/kernels/variant.h"

namespace deepseekocr::plugin::GATE_VARIANT {
namespace {

struct Extremes {
  Bytes low, high;
};

Extremes join(const Extremes& a, const Extremes& b) {
  return {least(a.low, b.low), most(a.high, b.high)};
}

Extremes extremes_of(const uint8_t* one, const uint8_t* other) {
  const Bytes a = load(one), b = load(other);
  return {least(a, b), most(a, b)};
}

/// Heights of the strokes of a row: of those that a horizontal and that a vertical line crosses.
struct Heights {
  Bytes across_bright, across_dark, along_bright, along_dark;

  Bytes across() const { return most(across_bright, across_dark); }
  Bytes along() const { return most(along_bright, along_dark); }
};

/// A stroke stands out from both sides.  @param up,down  of the four rows above and below
Heights find_heights(const uint8_t* row, const Extremes& up, const Extremes& down) {
  const Extremes left = join(extremes_of(row - 4, row - 3), extremes_of(row - 2, row - 1));
  const Extremes right = join(extremes_of(row + 1, row + 2), extremes_of(row + 3, row + 4));
  const Bytes pixel = load(row);
  Heights heights;
  heights.across_bright = excess(pixel, most(left.low, right.low));
  heights.across_dark = excess(least(left.high, right.high), pixel);
  heights.along_bright = excess(pixel, most(up.low, down.low));
  heights.along_dark = excess(least(up.high, down.high), pixel);
  return heights;
}

Bytes half_of(Bytes bytes) {
  return bytes >> 1;
}

/// What is known of each pixel of a part of a block before its cells' thresholds are.
struct Pixels {
  Bytes bright[kCell], dark[kCell], across[kCell], along[kCell];
  Bytes peak;
};

void measure(const uint8_t* const* rows, int32_t x, int32_t count, uint8_t* heights, ptrdiff_t stride, Pixels* pixels) {
  constexpr int32_t kFours = kBlockRows - kStrokeReach + 1;
  Extremes twos[kBlockRows - 1], fours[kFours];  // of so many rows from one on
  for (int32_t y = 0; y < kBlockRows - 1; ++y) twos[y] = extremes_of(rows[y] + x, rows[y + 1] + x);
  for (int32_t y = 0; y < kFours; ++y) fours[y] = join(twos[y], twos[y + 2]);
  pixels->peak = Bytes{};
  for (int32_t y = 0; y < count; ++y) {
    const Heights found = find_heights(rows[y + kStrokeReach] + x, fours[y], fours[y + kStrokeReach + 1]);
    const Bytes bright = most(found.across_bright, found.along_bright);
    const Bytes dark = most(found.across_dark, found.along_dark);
    pixels->bright[y] = bright;
    pixels->dark[y] = dark;
    pixels->across[y] = found.across();
    pixels->along[y] = found.along();
    pixels->peak = most(pixels->peak, most(bright, dark));
    store(128 + half_of(bright) - half_of(dark), heights + y * stride + x);
  }
}

/// The strokes of one letter are of one height: what is far below the highest of its cell is ground.
/// @param peaks  in the first of each eight bytes
Bytes thresholds_of(Bytes peaks, uint8_t threshold) {
  const Pairs thirds = reinterpret_cast<Pairs>(first_of_eights(peaks)) * 171 >> 9;
  return most(spread(reinterpret_cast<Eights>(thirds)), all(threshold));
}

/// Counts the pixels of strokes that are high enough, and finds the extremes of their brightness.
void count(const Pixels& pixels, const uint8_t* const* rows, int32_t x, int32_t count, Bytes threshold,
           const CellBytes& found) {
  Bytes across{}, along{}, brightest{}, darkest = all(255);
  for (int32_t y = 0; y < count; ++y) {
    const Bytes luma = load(rows[y + kStrokeReach] + x);
    across -= at_least(pixels.across[y], threshold);
    along -= at_least(pixels.along[y], threshold);
    brightest = most(brightest, luma & at_least(pixels.bright[y], threshold));
    darkest = least(darkest, luma | ~at_least(pixels.dark[y], threshold));
  }
  const int32_t cell = x / kCell;
  store_cells(sum_of_eights(across), found.across + cell);
  store_cells(sum_of_eights(along), found.along + cell);
  store_cells(most_of_eights(brightest), found.brightest + cell);
  store_cells(least_of_eights(darkest), found.darkest + cell);
}

}  // namespace

void find_strokes(const uint8_t* const* rows, int32_t count_of_rows, const uint8_t* lively, int32_t blocks,
                  uint8_t threshold, uint8_t* heights, ptrdiff_t stride, const CellBytes& found) {
  for (int32_t x = 0; x < blocks * kBlock; x += kLanes) {
    if (lively[x / kBlock] == 0) continue;
    Pixels pixels;
    measure(rows, x, count_of_rows, heights, stride, &pixels);
    const Bytes peaks = most_of_eights(pixels.peak);
    store_cells(peaks, found.peak + x / kCell);
    count(pixels, rows, x, count_of_rows, thresholds_of(peaks, threshold), found);
  }
}

void sample_row(const uint8_t* const* rows, int32_t blocks, bool either_way, uint8_t* heights) {
  for (int32_t x = 0; x < blocks * kBlock; x += kLanes) {
    const Extremes up = join(extremes_of(rows[0] + x, rows[1] + x), extremes_of(rows[2] + x, rows[3] + x));
    const Extremes down = join(extremes_of(rows[5] + x, rows[6] + x), extremes_of(rows[7] + x, rows[8] + x));
    const Heights found = find_heights(rows[4] + x, up, down);
    const Bytes height = either_way ? most(found.across(), found.along()) : least(found.across(), found.along());
    store_cells(most_of_eights(height), heights + x / kCell);
  }
}

void measure_band(Patch rows, int32_t count, int32_t blocks, uint8_t* ranges) {
  const auto first_of_pairs = reinterpret_cast<Bytes>(Pairs{} + kFirstOfPair);
  for (int32_t x = 0; x < blocks * kBlock; x += kLanes) {
    Bytes highest = load(rows.data + x), lowest = highest;
    for (int32_t y = 1; y < count; ++y) {
      const Bytes pixels = load(rows.data + y * rows.stride + x);
      highest = most(highest, pixels);
      lowest = least(lowest, pixels);
    }
    // Both in one vector: of each two bytes the first is of the highest, the second of the lowest.
    const Bytes high = most(highest, to_front(highest, 8)), low = ~lowest;
    Bytes range = (high & first_of_pairs) | (most(low, to_back(low, 8)) & ~first_of_pairs);
    range = most(range, to_front(range, 16));
    uint8_t buffer[kLanes];
    store(range, buffer);
    for (int32_t i = 0; i < kLanes; i += kRangeColumns)
      std::memcpy(ranges + (x + i) / kRangeColumns * 2, buffer + i, 2);
  }
}

void find_lively(const uint8_t* const* bands, int32_t blocks, uint8_t least_height, uint8_t* lively) {
  constexpr int32_t kBlocks = kLanes / kBlockRanges;
  const auto first_of_fours = reinterpret_cast<Bytes>(Fours{} + kFirstOfFour);
  for (int32_t block = 0; block < blocks; block += kBlocks) {
    // A cell's own two ranges and one to either side, from the first of its own on.
    Bytes range{};
    for (int32_t band = 0; band < kLivelyBands; ++band) {
      const uint8_t* at = bands[band] + kBlockRanges * block;
      range = most(range, most(most(load(at - 2), load(at)), most(load(at + 2), load(at + 4))));
    }
    const Bytes height = (range - ~to_front(range, 8)) & first_of_fours;  // highest - lowest, one for each cell
    uint8_t buffer[kLanes];
    store(most_of_eights(height), buffer);
    for (int32_t i = 0; i < kBlocks && block + i < blocks; ++i) {
      const uint8_t *left = buffer + i * kBlockRanges, *right = left + kBlockRanges / 2;
      lively[block + i] = *left >= least_height || *right >= least_height;
    }
  }
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
