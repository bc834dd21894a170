// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/downscale.h"

#include <cstring>

namespace deepseekocr::plugin {
namespace {

/// Near enough to brightness, and the same for RGB and BGR: a quarter, a half, a quarter.
void color_row(const uint8_t* in, int32_t step, int32_t width, uint8_t* out) {
  for (int32_t x = 0; x < width; ++x, in += step) out[x] = static_cast<uint8_t>((in[0] + 2 * in[1] + in[2]) >> 2);
}

int32_t whole_cells(int32_t width) {
  return (width + kCell - 1) / kCell * kCell;
}

/// Repeats the outermost pixels of a row of `width` pixels up to the ends of its storage.
void extend_row(Plane* plane, int32_t y, int32_t width) {
  uint8_t* row = plane->row(y);
  std::memset(row - Plane::kMargin, row[0], Plane::kMargin);
  std::memset(row + width, row[width - 1], plane->stride() - Plane::kMargin - width);
}

/// Asks for a row that is needed soon.  Frames come from far away in memory, and what processors guess by themselves
/// ends at every row and every page.  Inlined, because GCC takes a function that does nothing else for one without
/// effect.
[[gnu::always_inline]] inline void prefetch(const LumaView& view, int32_t y) {
  constexpr int32_t kBytes[] = {1, 2, 3, 4};  // of a pixel, by LumaLayout
  constexpr int32_t kCacheLine = 64;
  if (y >= view.height) return;
  const uint8_t* row = view.data + y * view.stride;
  const int32_t bytes = view.width * kBytes[static_cast<int>(view.layout)];
  for (int32_t i = 0; i < bytes; i += kCacheLine) __builtin_prefetch(row + i);
}

/// A picture that was halved where it lies.
void copy_rows(const LumaView& view, int32_t width, Plane* half) {
  for (int32_t y = 0; y < half->height(); ++y) {
    std::memcpy(half->row(y), view.data + y * view.stride, width);
    extend_row(half, y, width);
  }
}

}  // namespace

const uint8_t* luma_row(const LumaView& view, int32_t y, uint8_t* scratch) {
  const uint8_t* row = view.data + y * view.stride;
  switch (view.layout) {
    case LumaLayout::kPlane:
    case LumaLayout::kHalved:
      return row;
    case LumaLayout::kPacked2:
      for (int32_t x = 0; x < view.width; ++x) scratch[x] = row[2 * x];
      return scratch;
    case LumaLayout::kRgb3:
      color_row(row, 3, view.width, scratch);
      return scratch;
    case LumaLayout::kRgb4:
      color_row(row, 4, view.width, scratch);
      return scratch;
  }
  return row;
}

void halve(const LumaView& view, Plane* half) {
  constexpr int32_t kRowsAhead = 8;
  const int32_t width = view.width / 2, height = view.height / 2;
  half->resize(whole_cells(width), height);
  if (view.layout == LumaLayout::kHalved) {
    copy_rows(view, width, half);
    return;
  }
  const HalveRows halve_rows = best_kernels().halve[static_cast<int>(view.layout)];
  std::vector<uint8_t> scratch(static_cast<size_t>(kScratch) * width);
  for (int32_t y = 0; y < height; ++y) {
    const uint8_t* upper = view.data + 2 * y * view.stride;
    prefetch(view, 2 * y + kRowsAhead);
    prefetch(view, 2 * y + kRowsAhead + 1);
    halve_rows(upper, upper + view.stride, width, scratch.data(), half->row(y));
    extend_row(half, y, width);
  }
}

void quarter(const Plane& source, Plane* out) {
  const auto quarter_rows = best_kernels().quarter;
  const int32_t width = source.width() / 4, height = source.height() / 4;
  out->resize(whole_cells(width), height);
  std::vector<uint8_t> scratch(static_cast<size_t>(kScratch) * width);
  for (int32_t y = 0; y < height; ++y) {
    quarter_rows(source.patch(0, 4 * y), width, scratch.data(), out->row(y));
    extend_row(out, y, width);
  }
}

}  // namespace deepseekocr::plugin
