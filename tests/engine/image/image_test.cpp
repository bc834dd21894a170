// SPDX-License-Identifier: MIT
// What a caller's picture is checked for.
#include "image/image.h"

#include <gtest/gtest.h>

#include <climits>
#include <functional>
#include <string>

#include "checkpoint/error.h"
#include "engine/image/test_picture.h"

namespace deepseekocr {
namespace {

using test::TestPicture;

std::string error_of(const DsocrImage& image) {
  try {
    check_image(image);
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.status(), DSOCR_INVALID_ARGUMENT);
    return error.what();
  }
  return "";
}

std::string error_after(DsocrPixelFormat format, const std::function<void(DsocrImage&)>& change) {
  TestPicture picture(format, 9, 7, 0, 1);
  EXPECT_EQ(error_of(picture.image), "");
  change(picture.image);
  return error_of(picture.image);
}

TEST(CheckImage, AcceptsEveryFormatWithTightRows) {
  for (const DsocrPixelFormat format : test::kAllFormats) {
    for (const int side : {1, 2, 7}) EXPECT_EQ(error_of(TestPicture(format, side, side, 0, 1).image), "");
  }
}

TEST(CheckImage, NamesTheFormat) {
  for (const int format : {0, 13}) {
    const std::string message =
        error_after(DSOCR_FORMAT_RGB, [&](DsocrImage& image) { image.format = static_cast<DsocrPixelFormat>(format); });
    EXPECT_NE(message.find("format is " + std::to_string(format)), std::string::npos) << message;
  }
}

TEST(CheckImage, NamesTheSize) {
  const struct { int width, height; } sizes[] = {{0, 0}, {0, 5}, {5, -1}, {32769, 1}, {1, INT_MAX}, {20000, 20000}};
  for (const auto& size : sizes) {
    const std::string message = error_after(DSOCR_FORMAT_GRAY8, [&](DsocrImage& image) {
      image.width = size.width;
      image.height = size.height;
    });
    EXPECT_NE(message.find(std::to_string(size.width) + "x" + std::to_string(size.height)), std::string::npos)
        << message;
  }
}

TEST(CheckImage, NamesTheMissingPlane) {
  const std::string message = error_after(DSOCR_FORMAT_I420, [](DsocrImage& image) { image.planes[2] = nullptr; });
  EXPECT_NE(message.find("Plane 2 of the I420 picture"), std::string::npos) << message;
}

TEST(CheckImage, NamesTheShortStride) {
  for (const DsocrPixelFormat format : test::kAllFormats) {
    for (int plane = 0; plane < pixel_layout(format)->planes; ++plane) {
      const std::string message = error_after(format, [&](DsocrImage& image) { --image.strides[plane]; });
      EXPECT_NE(message.find("Plane " + std::to_string(plane)), std::string::npos) << message;
      EXPECT_NE(message.find("stride"), std::string::npos) << message;
    }
  }
  EXPECT_NE(error_after(DSOCR_FORMAT_RGB, [](DsocrImage& image) { image.strides[0] = -32; }), "");
}

TEST(CheckImage, NamesTheMatrixOfYuvOnly) {
  const auto change = [](DsocrImage& image) { image.matrix = static_cast<DsocrColorMatrix>(3); };
  EXPECT_NE(error_after(DSOCR_FORMAT_NV12, change).find("matrix is 3"), std::string::npos);
  EXPECT_EQ(error_after(DSOCR_FORMAT_RGB, change), "");
}

TEST(CheckImage, NamesTheChromaSiteOfYuvOnly) {
  const auto change = [](DsocrImage& image) { image.chroma_site = static_cast<DsocrChromaSite>(7); };
  EXPECT_NE(error_after(DSOCR_FORMAT_YUY2, change).find("chroma site is 7"), std::string::npos);
  EXPECT_EQ(error_after(DSOCR_FORMAT_RGB, change), "");
}

TEST(CheckImage, NamesTheAreaOutside) {
  const DsocrRect outside[] = {
      {0, 0, 10, 7}, {1, 0, 9, 7}, {0, 1, 9, 7},       {-1, 0, 3, 3},      {0, -1, 3, 3},           {0, 0, -1, 3},
      {0, 0, 3, 0},  {9, 0, 1, 1}, {INT_MAX, 0, 1, 1}, {1, 1, INT_MAX, 1}, {INT_MIN, 0, INT_MAX, 1}};
  for (const DsocrRect& area : outside) {
    const std::string message = error_after(DSOCR_FORMAT_RGB, [&](DsocrImage& image) { image.area = area; });
    EXPECT_NE(message.find("area x=" + std::to_string(area.x)), std::string::npos) << message;
  }
}

TEST(ImageArea, IsThePartOrEverything) {
  TestPicture picture(DSOCR_FORMAT_RGB, 9, 7, 0, 1);
  EXPECT_EQ(image_area(picture.image), (Rect{0, 0, 9, 7}));
  picture.image.area = {8, 6, 1, 1};
  check_image(picture.image);
  EXPECT_EQ(image_area(picture.image), (Rect{8, 6, 1, 1}));
}

}  // namespace
}  // namespace deepseekocr
