// SPDX-License-Identifier: MIT
// Every pixel format against a slow statement of the same conversion in double precision.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string>

#include "engine/image/test_picture.h"
#include "image/image.h"

namespace deepseekocr {
namespace {

using test::TestPicture;
using Pixel = std::array<double, 3>;

/// The chroma sample that belongs to block (column, row), borders continued.
double chroma_sample(const TestPicture& picture, int channel, int column, int row) {
  const DsocrImage& image = picture.image;
  const int i = std::clamp(column, 0, half_up(image.width) - 1);
  if (image.format == DSOCR_FORMAT_YUY2) return picture.sample(0, row, 4 * i + 1 + 2 * channel);
  const int j = std::clamp(row, 0, half_up(image.height) - 1);
  if (image.format == DSOCR_FORMAT_I420) return picture.sample(1 + channel, j, i);
  if (image.format == DSOCR_FORMAT_P010) return picture.sample(1, j, 4 * i + 2 * channel + 1);
  return picture.sample(1, j, 2 * i + (image.format == DSOCR_FORMAT_NV21 ? 1 - channel : channel));
}

/// Chroma along a row: linear between samples that lie at 2i + 0.5, or at 2i.
double chroma_in_row(const TestPicture& picture, int channel, int x, int row) {
  const bool left = (picture.image.chroma_site & DSOCR_CHROMA_LEFT) != 0;
  const double position = left ? x / 2.0 : (x - 0.5) / 2.0;
  const int column = static_cast<int>(std::floor(position));
  const double part = position - column;
  return (1 - part) * chroma_sample(picture, channel, column, row) +
         part * chroma_sample(picture, channel, column + 1, row);
}

double chroma(const TestPicture& picture, int channel, int x, int y) {
  const DsocrPixelFormat format = picture.image.format;
  if (format == DSOCR_FORMAT_I420) return chroma_sample(picture, channel, x / 2, y / 2);
  if (format == DSOCR_FORMAT_YUY2) return chroma_in_row(picture, channel, x, y);
  if ((picture.image.chroma_site & DSOCR_CHROMA_TOP) != 0) return chroma_in_row(picture, channel, x, y / 2);
  const double position = (y - 0.5) / 2.0;
  const int row = static_cast<int>(std::floor(position));
  const double part = position - row;
  return (1 - part) * chroma_in_row(picture, channel, x, row) + part * chroma_in_row(picture, channel, x, row + 1);
}

/// The matrix of ITU-R BT.601, 709 or 2020, anchored at middle grey.
Pixel from_yuv(double y, double u, double v, DsocrColorMatrix matrix, DsocrColorRange range) {
  const double kr = matrix == DSOCR_MATRIX_BT601 ? 0.299 : matrix == DSOCR_MATRIX_BT709 ? 0.2126 : 0.2627;
  const double kb = matrix == DSOCR_MATRIX_BT601 ? 0.114 : matrix == DSOCR_MATRIX_BT709 ? 0.0722 : 0.0593;
  const bool full = range == DSOCR_RANGE_FULL;
  const double luma = (y - 128) * (full ? 1.0 : 255.0 / 219.0) + 128;
  const double pb = (u - 128) / (full ? 255.0 : 224.0) * 255;
  const double pr = (v - 128) / (full ? 255.0 : 224.0) * 255;
  const double red = luma + 2 * (1 - kr) * pr;
  const double blue = luma + 2 * (1 - kb) * pb;
  return {red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue};
}

Pixel expected_pixel(const TestPicture& picture, int x, int y) {
  const DsocrImage& image = picture.image;
  const auto at = [&](int byte) { return static_cast<double>(picture.sample(0, y, byte)); };
  switch (image.format) {
    case DSOCR_FORMAT_RGB:
      return {at(3 * x), at(3 * x + 1), at(3 * x + 2)};
    case DSOCR_FORMAT_BGR:
      return {at(3 * x + 2), at(3 * x + 1), at(3 * x)};
    case DSOCR_FORMAT_RGBA:
    case DSOCR_FORMAT_RGBX:
      return {at(4 * x), at(4 * x + 1), at(4 * x + 2)};
    case DSOCR_FORMAT_BGRA:
    case DSOCR_FORMAT_BGRX:
      return {at(4 * x + 2), at(4 * x + 1), at(4 * x)};
    case DSOCR_FORMAT_GRAY8:
      return from_yuv(at(x), 128, 128, DSOCR_MATRIX_BT601, image.range);
    case DSOCR_FORMAT_P010:
      return from_yuv(at(2 * x + 1), chroma(picture, 0, x, y), chroma(picture, 1, x, y), image.matrix, image.range);
    default:
      return from_yuv(at(image.format == DSOCR_FORMAT_YUY2 ? 2 * x : x), chroma(picture, 0, x, y),
                      chroma(picture, 1, x, y), image.matrix, image.range);
  }
}

/// The conversion rounds chroma to 8 bits twice (up to 1, times 2.2), its factors to 8 bits, and every term down.
double tolerance(const DsocrImage& image) {
  if (!pixel_layout(image.format)->uses_color) return 0.0;
  if (image.format == DSOCR_FORMAT_GRAY8) return image.range == DSOCR_RANGE_FULL ? 1e-9 : 1.5;
  return 5.0;
}

double worst_difference(const TestPicture& picture) {
  check_image(picture.image);
  const RgbImage rgb = to_rgb(picture.image);
  const Rect area = image_area(picture.image);
  EXPECT_EQ(rgb.width, area.width);
  EXPECT_EQ(rgb.height, area.height);
  double worst = 0.0;
  for (int y = 0; y < area.height; ++y) {
    for (int x = 0; x < area.width; ++x) {
      const Pixel expected = expected_pixel(picture, area.x + x, area.y + y);
      for (size_t i = 0; i < 3; ++i) {
        const double value = rgb.row(y)[3 * static_cast<size_t>(x) + i];
        worst = std::max(worst, std::fabs(value - std::clamp(expected[i], 0.0, 255.0)));
      }
    }
  }
  return worst;
}

TEST(ToRgb, EveryFormatSizeAndStride) {
  const struct {
    int width, height, padding;
  } sizes[] = {{1, 1, 0}, {2, 2, 3}, {3, 1, 0}, {1, 5, 1}, {7, 5, 0}, {8, 6, 9}, {16, 9, 4}, {33, 10, 31}};
  for (const DsocrPixelFormat format : test::kAllFormats) {
    for (const auto& size : sizes) {
      SCOPED_TRACE(std::string(pixel_layout(format)->name) + " " + std::to_string(size.width) + "x" +
                   std::to_string(size.height));
      const TestPicture picture(format, size.width, size.height, size.padding, 3);
      EXPECT_LE(worst_difference(picture), tolerance(picture.image));
    }
  }
}

TEST(ToRgb, MatricesRangesAndSites) {
  for (const DsocrPixelFormat format : test::kAllFormats) {
    TestPicture picture(format, 64, 64, 0, 4);
    for (const DsocrColorMatrix matrix : {DSOCR_MATRIX_BT601, DSOCR_MATRIX_BT709, DSOCR_MATRIX_BT2020}) {
      for (const DsocrColorRange range : {DSOCR_RANGE_LIMITED, DSOCR_RANGE_FULL}) {
        for (const DsocrChromaSite site :
             {DSOCR_CHROMA_CENTER, DSOCR_CHROMA_LEFT, DSOCR_CHROMA_TOP, DSOCR_CHROMA_TOP_LEFT}) {
          SCOPED_TRACE(std::string(pixel_layout(format)->name) + " matrix " + std::to_string(matrix) + " range " +
                       std::to_string(range) + " site " + std::to_string(site));
          picture.image.matrix = matrix;
          picture.image.range = range;
          picture.image.chroma_site = site;
          EXPECT_LE(worst_difference(picture), tolerance(picture.image));
        }
      }
    }
  }
}

TEST(ToRgb, AreaIsTheCutOfTheWholePicture) {
  const Rect areas[] = {{0, 0, 1, 1}, {1, 1, 2, 2}, {5, 3, 11, 7}, {18, 12, 3, 3}, {0, 14, 21, 1}, {20, 0, 1, 15}};
  for (const DsocrPixelFormat format : test::kAllFormats) {
    TestPicture picture(format, 21, 15, 2, 5);
    const RgbImage whole = to_rgb(picture.image);
    for (const Rect& area : areas) {
      SCOPED_TRACE(std::string(pixel_layout(format)->name) + " at " + std::to_string(area.x) + "," +
                   std::to_string(area.y));
      picture.image.area = {area.x, area.y, area.width, area.height};
      const RgbImage part = to_rgb(picture.image);
      for (int y = 0; y < area.height; ++y) {
        EXPECT_EQ(std::memcmp(part.row(y), whole.row(area.y + y) + 3 * static_cast<ptrdiff_t>(area.x),
                              3 * static_cast<size_t>(area.width)),
                  0);
      }
    }
  }
}

TEST(ToRgb, P010ReadsAsNv12OfItsUpperBytes) {
  for (const DsocrChromaSite site : {DSOCR_CHROMA_CENTER, DSOCR_CHROMA_LEFT, DSOCR_CHROMA_TOP, DSOCR_CHROMA_TOP_LEFT}) {
    TestPicture deep(DSOCR_FORMAT_P010, 37, 23, 4, 8), plain(DSOCR_FORMAT_NV12, 37, 23, 0, 9);
    for (int plane = 0; plane < 2; ++plane) {
      const int rows = plane == 0 ? 23 : 12, samples = plain.image.strides[plane];
      for (int y = 0; y < rows; ++y) {
        for (int x = 0; x < samples; ++x)
          plain.planes[plane][static_cast<size_t>(y * samples + x)] = deep.sample(plane, y, 2 * x + 1);
      }
    }
    deep.image.chroma_site = plain.image.chroma_site = site;
    deep.image.area = plain.image.area = {3, 5, 31, 14};
    EXPECT_EQ(to_rgb(deep.image), to_rgb(plain.image)) << "site " << site;
  }
}

TEST(ToRgb, GreyLevelsOfLimitedRange) {
  TestPicture picture(DSOCR_FORMAT_GRAY8, 3, 1, 0, 1);
  picture.planes[0] = {16, 128, 235};
  picture.image.planes[0] = picture.planes[0].data();
  EXPECT_EQ(to_rgb(picture.image).data, (std::vector<uint8_t>{0, 0, 0, 128, 128, 128, 253, 253, 253}));
  picture.image.range = DSOCR_RANGE_FULL;
  EXPECT_EQ(to_rgb(picture.image).data, (std::vector<uint8_t>{16, 16, 16, 128, 128, 128, 235, 235, 235}));
}

}  // namespace
}  // namespace deepseekocr
