// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/kernels/bytes.h"
#include "deepseekocr/gate/kernels/variant.h"

namespace deepseekocr::plugin::GATE_VARIANT {
namespace {

Bytes load_from(Patch patch, int32_t x, int32_t y) {
  return load(patch.data + y * patch.stride + x);
}

bool any(Bytes mask) {
  uint64_t eights[kLanes / 8];
  std::memcpy(eights, &mask, sizeof eights);
  uint64_t joined = 0;
  for (const uint64_t eight : eights) joined |= eight;
  return joined != 0;
}

/// The limits of a part of a block, for each pixel.
struct Limits {
  Limits(const BlockLimits& limits, int32_t cell)
      : change(spread_cells(limits.change + cell)),
        bright_height(spread_cells(limits.bright_height + cell)),
        dark_height(spread_cells(limits.dark_height + cell)),
        bright_luma(spread_cells(limits.bright_luma + cell)),
        dark_luma(spread_cells(limits.dark_luma + cell)) {}
  Bytes change, bright_height, dark_height, bright_luma, dark_luma;
};

struct Sums {
  Bytes strokes{}, bright{}, dark{}, all_bright{}, all_dark{};

  /// Counts one row of pixels, whose masks are 255 or 0.
  void add(Bytes changed, Bytes is_bright, Bytes is_dark, Bytes bright_ink, Bytes dark_ink) {
    strokes -= changed & (is_bright | is_dark);
    bright -= changed & bright_ink;
    dark -= changed & dark_ink;
    all_bright -= bright_ink;
    all_dark -= dark_ink;
  }

  void store(int32_t cell, BlockChange* change) const {
    store_cells(sum_of_eights(strokes), change->strokes + cell);
    store_cells(sum_of_eights(bright), change->bright + cell);
    store_cells(sum_of_eights(dark), change->dark + cell);
    store_cells(sum_of_eights(all_bright), change->all_bright + cell);
    store_cells(sum_of_eights(all_dark), change->all_dark + cell);
  }
};

}  // namespace

uint8_t widest_gap(const uint8_t* row, const uint8_t* other, int32_t blocks) {
  Bytes widest{};
  for (int32_t x = 0; x < blocks * kBlock; x += kLanes) widest = most(widest, gap(load(row + x), load(other + x)));
  widest = most_of_eights(widest);
  uint8_t result = 0;
  for (int32_t i = 0; i < kLanes; i += kCell) result = widest[i] > result ? widest[i] : result;
  return result;
}

bool count_moved(Patch before, Patch now, int32_t count, uint8_t least, uint8_t* moved) {
  bool found = false;
  for (int32_t x = 0; x < kBlock; x += kLanes) {
    Bytes sum{};
    for (int32_t y = 0; y < count; ++y) sum -= at_least(gap(load_from(before, x, y), load_from(now, x, y)), all(least));
    found = found || any(sum);
    store_cells(sum_of_eights(sum), moved + x / kCell);
  }
  return found;
}

void compare(Patch luma_before, Patch luma_now, Patch height_before, Patch height_now, int32_t count,
             const BlockLimits& limits, BlockChange* change) {
  for (int32_t x = 0; x < kBlock; x += kLanes) {
    const Limits least_of(limits, x / kCell);
    const Bytes height_change = least_of.change >> 1;
    Sums sums;
    for (int32_t y = 0; y < count; ++y) {
      const Bytes luma_a = load_from(luma_before, x, y), luma_b = load_from(luma_now, x, y);
      const Bytes height_a = load_from(height_before, x, y), height_b = load_from(height_now, x, y);
      const Bytes changed =
          at_least(gap(luma_a, luma_b), least_of.change) & at_least(gap(height_a, height_b), height_change);
      const Bytes is_bright = at_least(most(height_a, height_b), least_of.bright_height);
      const Bytes is_dark = at_least(least_of.dark_height, least(height_a, height_b));
      const Bytes bright_ink = is_bright & at_least(most(luma_a, luma_b), least_of.bright_luma);
      const Bytes dark_ink = is_dark & at_least(least_of.dark_luma, least(luma_a, luma_b));
      sums.add(changed, is_bright, is_dark, bright_ink, dark_ink);
    }
    sums.store(x / kCell, change);
  }
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
