// SPDX-License-Identifier: MIT
// Pictures from formulas: the sources of the golden data, which therefore need not be stored.
#pragma once

#include <algorithm>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "image/image.h"

namespace deepseekocr::test {

/// Structure at every frequency.
inline int64_t syn_value(int64_t x, int64_t y, int64_t channel) {
  return (3 * x + 5 * y + 7 * channel + 11 * ((x * y) >> 3)) & 255;
}

/// Two ramps and a slow diagonal wave.
inline int64_t smooth_value(int64_t x, int64_t y, int64_t channel, int64_t width, int64_t height) {
  if (channel == 0) return x * 255 / std::max<int64_t>(width - 1, 1);
  if (channel == 1) return y * 255 / std::max<int64_t>(height - 1, 1);
  return ((x + y) * 37 / ((width + height) / 64 + 1)) & 255;
}

/// Dark marks on white in lines and words, like a page seen from afar.
inline int64_t page_value(int64_t x, int64_t y, int64_t channel, int64_t width) {
  const bool line = y % 24 < 14;
  const bool mark = ((x * x + 3 * y * y + x * y) >> 9) % 7 < 2;
  const bool word = (x / 7 + 5 * (y / 24)) % 9 < 7;
  const bool inside = width / 20 <= x && x < width - width / 20;
  return line && mark && word && inside ? 20 + 10 * channel + (x & 15) : 245 - 3 * channel;
}

/// Calls value(x, y, channel) for every byte of a picture.
template <typename Value>
RgbImage draw(int width, int height, const Value& value) {
  RgbImage image(width, height);
  uint8_t* out = image.data.data();
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int channel = 0; channel < 3; ++channel) *out++ = static_cast<uint8_t>(value(x, y, channel));
  return image;
}

/// Draws the pattern "syn", "smooth" or "page" (specification 12.3).
inline RgbImage draw_pattern(const std::string& name, int width, int height) {
  if (name == "syn") return draw(width, height, syn_value);
  if (name == "page")
    return draw(width, height, [=](int x, int y, int channel) { return page_value(x, y, channel, width); });
  if (name == "smooth")
    return draw(width, height, [=](int x, int y, int channel) { return smooth_value(x, y, channel, width, height); });
  throw std::invalid_argument("no pattern " + name);
}

}  // namespace deepseekocr::test
