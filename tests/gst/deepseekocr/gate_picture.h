// SPDX-License-Identifier: MIT
// Pictures for the tests of the frame gate: writing and what is none, drawn without a font library.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string_view>
#include <vector>

#include "deepseekocr/gate/luma_view.h"

namespace deepseekocr::test {

/// A picture of one byte a pixel.
class Picture {
 public:
  Picture(int width, int height, int luma);

  plugin::LumaView view() const;
  int width() const { return width_; }
  int height() const { return height_; }
  uint8_t& at(int x, int y) { return pixels_[static_cast<size_t>(y) * width_ + x]; }
  uint8_t at(int x, int y) const { return pixels_[static_cast<size_t>(y) * width_ + x]; }

  /// Sets each pixel to what `luma` says, cut to 0..255.
  Picture& paint(const std::function<double(int x, int y)>& luma);
  Picture& fill(int x, int y, int width, int height, int luma);
  /// The empty rectangle `thick` pixels wide.
  Picture& frame(int x, int y, int width, int height, int thick, int luma);
  /// Writes digits, capitals and blanks, `height` pixels high, smoothed at the edges; a letter is 6/7 of that wide.
  Picture& write(std::string_view text, double x, double y, double height, int luma);
  /// The same with a rim of `thick` pixels, as subtitles have.
  Picture& write_outlined(std::string_view text, double x, double y, double height, int luma, int rim, double thick);
  /// Normally distributed noise.
  Picture& add_noise(double sigma, unsigned seed);
  /// Makes everything brighter or darker.
  Picture& shift(int by);
  /// Mean of the pixels up to `radius` away.
  Picture& blur(int radius);

 private:
  int width_, height_;
  std::vector<uint8_t> pixels_;
};

/// Shelves of a made-up warehouse: four lines of writing on white, `height` pixels high.
Picture label(double height = 14);

}  // namespace deepseekocr::test
