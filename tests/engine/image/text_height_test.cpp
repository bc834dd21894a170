// SPDX-License-Identifier: MIT
// The estimate of how high writing is, on drawn strokes.
#include "image/text_height.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace deepseekocr {
namespace {

constexpr double kBandOfFontSize = 0.72;

RgbImage paper(int width, int height) {
  RgbImage picture(width, height);
  std::fill(picture.data.begin(), picture.data.end(), uint8_t{240});
  return picture;
}

void fill(RgbImage& picture, int x0, int y0, int x1, int y1) {
  for (int y = y0; y < y1; ++y) {
    std::fill(picture.row(y) + 3 * x0, picture.row(y) + 3 * x1, uint8_t{20});
  }
}

/// A line of upright strokes, each 3 pixels wide and 9 apart, `rows` high.
void write_line(RgbImage& picture, int y, int rows) {
  for (int x = 10; x + 13 < picture.width; x += 9) fill(picture, x, y, x + 3, y + rows);
}

TEST(TextHeight, FollowsTheStrokesOfLines) {
  for (const int rows : {10, 18, 36, 72}) {
    RgbImage picture = paper(640, 480);
    for (int y = 20; y + rows < 470; y += 2 * rows) write_line(picture, y, rows);
    const auto height = estimate_text_height(picture);
    ASSERT_TRUE(height) << rows;
    EXPECT_NEAR(*height, rows / kBandOfFontSize, 2.0);
  }
}

TEST(TextHeight, TheSmallerLinesDecide) {
  RgbImage picture = paper(640, 480);
  write_line(picture, 20, 80);
  for (int y = 150; y < 460; y += 40) write_line(picture, y, 16);
  const auto height = estimate_text_height(picture);
  ASSERT_TRUE(height);
  EXPECT_NEAR(*height, 16 / kBandOfFontSize, 2.0);
}

TEST(TextHeight, PaperRulesAndHighBarsAreNoWriting) {
  RgbImage picture = paper(640, 480);
  EXPECT_FALSE(estimate_text_height(picture));
  for (int y = 20; y < 460; y += 40) fill(picture, 0, y, 640, y + 4);
  EXPECT_FALSE(estimate_text_height(picture)) << "rules";
  RgbImage bars = paper(640, 480);
  write_line(bars, 100, 200);
  EXPECT_FALSE(estimate_text_height(bars)) << "a barcode";
}

TEST(TextHeight, TinyPicturesHaveNoEstimate) {
  for (const int side : {1, 2, 33}) EXPECT_FALSE(estimate_text_height(paper(side, side)));
  EXPECT_FALSE(estimate_text_height(RgbImage()));
}

}  // namespace
}  // namespace deepseekocr
