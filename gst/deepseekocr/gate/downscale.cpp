// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/downscale.h"

#include <cstring>

namespace deepseekocr::plugin {
namespace {

// Loops over a row are functions that stay so: inlined, what is known of their pointers is lost to the compiler, and
// they are no vector code any more.

[[gnu::noinline]] void packed2_row(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x) out[x] = in[2 * x];
}

/// Near enough to brightness, and the same for RGB and BGR: a quarter, a half, a quarter.
template <int kStep>
[[gnu::noinline]] void color_row(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x)
    out[x] = static_cast<uint8_t>((in[kStep * x] + 2 * in[kStep * x + 1] + in[kStep * x + 2]) >> 2);
}

uint8_t mean(uint8_t a, uint8_t b) {
  return static_cast<uint8_t>((a + b + 1) >> 1);
}

[[gnu::noinline]] void halve_rows(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x)
    out[x] = mean(mean(upper[2 * x], lower[2 * x]), mean(upper[2 * x + 1], lower[2 * x + 1]));
}

[[gnu::noinline]] void mean_rows(const uint8_t* upper, const uint8_t* lower, int32_t bytes, uint8_t* __restrict out) {
  for (int32_t i = 0; i < bytes; ++i) out[i] = mean(upper[i], lower[i]);
}

/// A row of three bytes a pixel.  No vector code takes these apart: the fewer of them the better.
[[gnu::noinline]] void halve_color_row(const uint8_t* in, int32_t width, uint8_t* __restrict out) {
  for (int32_t x = 0; x < width; ++x) {
    const uint8_t *left = in + 6 * x, *right = left + 3;
    out[x] = static_cast<uint8_t>((left[0] + 2 * left[1] + left[2] + right[0] + 2 * right[1] + right[2] + 4) >> 3);
  }
}

[[gnu::noinline]] void add_fours(const uint8_t* in, int32_t width, uint16_t* __restrict sums) {
  for (int32_t x = 0; x < width; ++x)
    sums[x] = static_cast<uint16_t>(sums[x] + in[4 * x] + in[4 * x + 1] + in[4 * x + 2] + in[4 * x + 3]);
}

int32_t whole_cells(int32_t width) {
  return (width + kCell - 1) / kCell * kCell;
}

/// Repeats the outermost pixels of a row of `width` pixels into the margins of the plane.
void extend_row(Plane* plane, int32_t y, int32_t width) {
  uint8_t* row = plane->row(y);
  std::memset(row - Plane::kMargin, row[0], Plane::kMargin);
  std::memset(row + width, row[width - 1], plane->width() - width + Plane::kMargin);
}

}  // namespace

const uint8_t* luma_row(const LumaView& view, int32_t y, uint8_t* scratch) {
  const uint8_t* row = view.data + y * view.stride;
  switch (view.layout) {
    case LumaLayout::kPlane:
      return row;
    case LumaLayout::kPacked2:
      packed2_row(row, view.width, scratch);
      return scratch;
    case LumaLayout::kRgb3:
      color_row<3>(row, view.width, scratch);
      return scratch;
    case LumaLayout::kRgb4:
      color_row<4>(row, view.width, scratch);
      return scratch;
  }
  return row;
}

void halve(const LumaView& view, Plane* half) {
  const int32_t width = view.width / 2, height = view.height / 2;
  half->resize(whole_cells(width), height);
  std::vector<uint8_t> scratch(view.layout == LumaLayout::kPlane ? 0 : 3 * static_cast<size_t>(view.width));
  uint8_t *const first = scratch.data(), *const second = first + view.width;
  for (int32_t y = 0; y < height; ++y) {
    if (view.layout == LumaLayout::kRgb3) {
      const uint8_t* upper = view.data + 2 * y * view.stride;
      mean_rows(upper, upper + view.stride, 6 * width, first);
      halve_color_row(first, width, half->row(y));
    } else {
      const uint8_t *upper = luma_row(view, 2 * y, first), *lower = luma_row(view, 2 * y + 1, second);
      halve_rows(upper, lower, width, half->row(y));
    }
    extend_row(half, y, width);
  }
}

void quarter(const Plane& source, Plane* out) {
  const int32_t width = source.width() / 4, height = source.height() / 4;
  out->resize(whole_cells(width), height);
  std::vector<uint16_t> sums(width);
  for (int32_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), uint16_t{8});
    for (int32_t i = 0; i < 4; ++i) add_fours(source.row(4 * y + i), width, sums.data());
    uint8_t* row = out->row(y);
    for (int32_t x = 0; x < width; ++x) row[x] = static_cast<uint8_t>(sums[x] >> 4);
    extend_row(out, y, width);
  }
}

}  // namespace deepseekocr::plugin
