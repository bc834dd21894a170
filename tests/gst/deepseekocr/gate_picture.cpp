// SPDX-License-Identifier: MIT
#include "gate_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace deepseekocr::test {
namespace {

constexpr int kRows = 7, kColumns = 5;

/// A letter of five by seven dots, row by row.
using Glyph = std::array<const char*, kRows>;

struct NamedGlyph {
  char name;
  Glyph dots;
};

constexpr NamedGlyph kGlyphs[] = {
    {'0', {" ### ", "#   #", "#  ##", "# # #", "##  #", "#   #", " ### "}},
    {'1', {"  #  ", " ##  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "}},
    {'2', {" ### ", "#   #", "    #", "  ## ", " #   ", "#    ", "#####"}},
    {'3', {" ### ", "#   #", "    #", "  ## ", "    #", "#   #", " ### "}},
    {'4', {"   # ", "  ## ", " # # ", "#  # ", "#####", "   # ", "   # "}},
    {'5', {"#####", "#    ", "#### ", "    #", "    #", "#   #", " ### "}},
    {'6', {" ### ", "#    ", "#    ", "#### ", "#   #", "#   #", " ### "}},
    {'7', {"#####", "    #", "   # ", "  #  ", "  #  ", "  #  ", "  #  "}},
    {'8', {" ### ", "#   #", "#   #", " ### ", "#   #", "#   #", " ### "}},
    {'9', {" ### ", "#   #", "#   #", " ####", "    #", "    #", " ### "}},
    {'A', {" ### ", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"}},
    {'C', {" ### ", "#   #", "#    ", "#    ", "#    ", "#   #", " ### "}},
    {'E', {"#####", "#    ", "#    ", "#### ", "#    ", "#    ", "#####"}},
    {'F', {"#####", "#    ", "#    ", "#### ", "#    ", "#    ", "#    "}},
    {'H', {"#   #", "#   #", "#   #", "#####", "#   #", "#   #", "#   #"}},
    {'I', {" ### ", "  #  ", "  #  ", "  #  ", "  #  ", "  #  ", " ### "}},
    {'L', {"#    ", "#    ", "#    ", "#    ", "#    ", "#    ", "#####"}},
    {'O', {" ### ", "#   #", "#   #", "#   #", "#   #", "#   #", " ### "}},
    {'P', {"#### ", "#   #", "#   #", "#### ", "#    ", "#    ", "#    "}},
    {'R', {"#### ", "#   #", "#   #", "#### ", "# #  ", "#  # ", "#   #"}},
    {'S', {" ####", "#    ", "#    ", " ### ", "    #", "    #", "#### "}},
    {'T', {"#####", "  #  ", "  #  ", "  #  ", "  #  ", "  #  ", "  #  "}},
};

bool has_dot(char name, int column, int row) {
  for (const NamedGlyph& glyph : kGlyphs) {
    if (glyph.name == name) return glyph.dots[row][column] == '#';
  }
  return false;
}

/// Whether ink covers a point, in dots from the top left of the text.
bool is_ink(std::string_view text, double x, double y) {
  if (x < 0 || y < 0 || y >= kRows) return false;
  const auto letter = static_cast<size_t>(x / (kColumns + 1));
  const int column = static_cast<int>(x) % (kColumns + 1);
  return letter < text.size() && column < kColumns && has_dot(text[letter], column, static_cast<int>(y));
}

}  // namespace

Picture::Picture(int width, int height, int luma)
    : width_(width), height_(height), pixels_(static_cast<size_t>(width) * height, static_cast<uint8_t>(luma)) {}

plugin::LumaView Picture::view() const {
  plugin::LumaView view;
  view.data = pixels_.data();
  view.width = width_;
  view.height = height_;
  view.stride = width_;
  return view;
}

Picture& Picture::paint(const std::function<double(int, int)>& luma) {
  for (int y = 0; y < height_; ++y) {
    for (int x = 0; x < width_; ++x) at(x, y) = static_cast<uint8_t>(std::clamp(luma(x, y), 0.0, 255.0));
  }
  return *this;
}

Picture& Picture::fill(int x, int y, int width, int height, int luma) {
  for (int row = std::max(y, 0); row < std::min(y + height, height_); ++row) {
    for (int column = std::max(x, 0); column < std::min(x + width, width_); ++column)
      at(column, row) = static_cast<uint8_t>(luma);
  }
  return *this;
}

Picture& Picture::frame(int x, int y, int width, int height, int thick, int luma) {
  return fill(x, y, width, thick, luma)
      .fill(x, y + height - thick, width, thick, luma)
      .fill(x, y, thick, height, luma)
      .fill(x + width - thick, y, thick, height, luma);
}

Picture& Picture::write(std::string_view text, double x, double y, double height, int luma) {
  constexpr int kSamples = 4;  // in each direction of a pixel
  const double dots = kRows / height;
  return paint([&](int column, int row) -> double {
    const uint8_t ground = at(column, row);
    if (row + 1 < y || row > y + height) return ground;
    int ink = 0;
    for (int i = 0; i < kSamples * kSamples; ++i) {
      const double sample_x = column + (i % kSamples + 0.5) / kSamples,
                   sample_y = row + (i / kSamples + 0.5) / kSamples;
      ink += is_ink(text, (sample_x - x) * dots, (sample_y - y) * dots);
    }
    return ground + (luma - ground) * ink / double(kSamples * kSamples);
  });
}

Picture& Picture::write_outlined(std::string_view text, double x, double y, double height, int luma, int rim,
                                 double thick) {
  for (int i = 0; i < 16; ++i) {
    const double angle = i * 2 * M_PI / 16;
    write(text, x + thick * std::cos(angle), y + thick * std::sin(angle), height, rim);
  }
  return write(text, x, y, height, luma);
}

Picture& Picture::add_noise(double sigma, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<double> noise(0, sigma);
  return paint([&](int x, int y) { return at(x, y) + noise(random); });
}

Picture& Picture::shift(int by) {
  return paint([&](int x, int y) { return at(x, y) + by; });
}

Picture& Picture::blur(int radius) {
  const Picture sharp = *this;
  return paint([&](int x, int y) {
    int sum = 0, count = 0;
    for (int row = std::max(0, y - radius); row <= std::min(height_ - 1, y + radius); ++row) {
      for (int column = std::max(0, x - radius); column <= std::min(width_ - 1, x + radius); ++column, ++count)
        sum += sharp.at(column, row);
    }
    return sum / double(count);
  });
}

Picture label(double height) {
  Picture picture(320, 160, 235);
  const char* const lines[] = {"SHELF 14 TOP", "PILE 2087", "TO 5391 HALL C", "PARTS 0463"};
  for (int i = 0; i < 4; ++i) picture.write(lines[i], 20.3, 16.4 + i * 2 * height, height, 30);
  return picture;
}

}  // namespace deepseekocr::test
