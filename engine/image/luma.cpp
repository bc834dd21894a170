// SPDX-License-Identifier: MIT
#include "image/luma.h"

#include <cstddef>
#include <vector>

#include "image/image.h"
#include "image/pixel_layout.h"

namespace deepseekocr {
namespace {

uint8_t mean(int a, int b) {
  return static_cast<uint8_t>((a + b + 1) >> 1);
}

/// One row of the result from the mean of two rows of pixels.
void halve_row(const LumaSource& source, const uint8_t* rows, uint8_t* out) {
  const ptrdiff_t step = source.step;
  for (int x = 0; x < source.width; ++x) {
    const uint8_t* left = rows + 2 * step * x;
    const uint8_t* right = left + step;
    if (!source.color) {
      out[x] = mean(left[0], right[0]);
      continue;
    }
    const int sum_left = left[0] + 2 * left[1] + left[2], sum_right = right[0] + 2 * right[1] + right[2];
    // Pixels of four bytes are rounded one by one, those of three together: so the plugin's vector code does it.
    out[x] = step == 4 ? mean((sum_left + 2) >> 2, (sum_right + 2) >> 2)
                       : static_cast<uint8_t>((sum_left + sum_right + 4) >> 3);
  }
}

}  // namespace

LumaSource luma_source(const DsocrImage& image) {
  const PixelLayout& layout = *pixel_layout(image.format);
  const Rect area = image_area(image);
  LumaSource source{};
  source.color = layout.pixel_bytes > 0;
  source.step = source.color ? layout.pixel_bytes : image.format == DSOCR_FORMAT_YUY2 ? 2 : layout.sample_bytes;
  source.stride = image.strides[0];
  source.first = image.planes[0] + area.y * source.stride + static_cast<ptrdiff_t>(area.x) * source.step +
                 (layout.sample_bytes - 1);
  source.width = area.width / 2;
  source.height = area.height / 2;
  return source;
}

void halve_luma(const DsocrImage& image, uint8_t* out, int32_t stride) {
  const LumaSource source = luma_source(image);
  if (source.width == 0 || source.height == 0) return;
  // Up to the last byte that is looked at.
  const size_t bytes =
      static_cast<size_t>(2 * source.width - 1) * static_cast<size_t>(source.step) + (source.color ? 3 : 1);
  std::vector<uint8_t> rows(bytes);
  for (int y = 0; y < source.height; ++y, out += stride) {
    const uint8_t* upper = source.first + 2 * y * source.stride;
    const uint8_t* lower = upper + source.stride;
    for (size_t i = 0; i < bytes; ++i) rows[i] = mean(upper[i], lower[i]);
    halve_row(source, rows.data(), out);
  }
}

}  // namespace deepseekocr
