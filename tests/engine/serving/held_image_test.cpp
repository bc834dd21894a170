// SPDX-License-Identifier: MIT
#include "serving/held_image.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "checkpoint/error.h"
#include "image/pixel_layout.h"

namespace deepseekocr {
namespace {

struct Picture {
  std::vector<uint8_t> bytes;
  DsocrImage image{};
};

Picture make_picture(DsocrPixelFormat format, int width, int height) {
  Picture picture;
  picture.bytes.resize(static_cast<size_t>(width + 3) * static_cast<size_t>(height + 3) * 6);
  for (size_t i = 0; i < picture.bytes.size(); ++i) picture.bytes[i] = static_cast<uint8_t>(i * 31 + i / 97);
  DsocrImage& image = picture.image;
  image.struct_size = sizeof image;
  image.format = format;
  image.width = width;
  image.height = height;
  const int stride = (width + 1) * 4 + 8;
  const size_t plane = static_cast<size_t>(stride) * static_cast<size_t>(height);
  const int planes = pixel_layout(format)->planes;
  picture.bytes.resize(plane * 3);
  for (int p = 0; p < planes; ++p) {
    image.planes[p] = picture.bytes.data() + plane * static_cast<size_t>(p);
    image.strides[p] = stride;
  }
  return picture;
}

class HeldImageTest : public ::testing::TestWithParam<DsocrPixelFormat> {};

// The copied part converts to the same pixels as the picture that it was copied from.
TEST_P(HeldImageTest, CopyReadsLikeTheOriginal) {
  for (const DsocrRect& area :
       {DsocrRect{0, 0, 0, 0}, {0, 0, 5, 3}, {17, 21, 30, 19}, {60, 40, 1, 1}, {31, 0, 30, 41}}) {
    Picture picture = make_picture(GetParam(), 61, 41);
    picture.image.area = area;
    const RgbImage expected = to_rgb(picture.image);
    const HeldImage held(picture.image, DSOCR_MEMORY_HOST, PixelRelease(picture.image));
    std::fill(picture.bytes.begin(), picture.bytes.end(), uint8_t{0});  // the caller uses its memory again
    const RgbImage converted = to_rgb(held.image());
    EXPECT_EQ(converted.width, expected.width);
    EXPECT_EQ(converted.height, expected.height);
    EXPECT_EQ(converted.data, expected.data) << "area " << area.x << "," << area.y;
    EXPECT_EQ(held.picture_width(), 61);
    EXPECT_EQ(held.area().x, area.x);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, HeldImageTest,
                         ::testing::Values(DSOCR_FORMAT_RGB, DSOCR_FORMAT_BGR, DSOCR_FORMAT_RGBA, DSOCR_FORMAT_BGRA,
                                           DSOCR_FORMAT_RGBX, DSOCR_FORMAT_BGRX, DSOCR_FORMAT_GRAY8, DSOCR_FORMAT_NV12,
                                           DSOCR_FORMAT_NV21, DSOCR_FORMAT_I420, DSOCR_FORMAT_YUY2, DSOCR_FORMAT_P010));

TEST(HeldImageBorrowTest, PixelsAreNotCopiedAndGivenBackOnce) {
  Picture picture = make_picture(DSOCR_FORMAT_NV12, 8, 8);
  int releases = 0;
  picture.image.release = [](void* count) { ++*static_cast<int*>(count); };
  picture.image.release_data = &releases;
  {
    HeldImage held(picture.image, DSOCR_MEMORY_HOST, PixelRelease(picture.image));
    EXPECT_EQ(held.image().planes[0], picture.image.planes[0]);
    EXPECT_EQ(releases, 0);
    held.reset();
    EXPECT_EQ(releases, 1);
  }
  EXPECT_EQ(releases, 1);
}

TEST(HeldImageBorrowTest, RefusedPictureIsGivenBack) {
  Picture picture = make_picture(DSOCR_FORMAT_RGB, 8, 8);
  int releases = 0;
  picture.image.release = [](void* count) { ++*static_cast<int*>(count); };
  picture.image.release_data = &releases;
  picture.image.strides[0] = 1;
  EXPECT_THROW(HeldImage(picture.image, DSOCR_MEMORY_HOST, PixelRelease(picture.image)), ArgumentError);
  EXPECT_EQ(releases, 1);
}

// Addresses of a device: whoever reads them here crashes.
TEST(HeldImageBorrowTest, DeviceMemoryIsNotRead) {
  Picture picture = make_picture(DSOCR_FORMAT_NV12, 8, 8);
  int releases = 0;
  picture.image.release = [](void* count) { ++*static_cast<int*>(count); };
  picture.image.release_data = &releases;
  picture.image.planes[0] = reinterpret_cast<const uint8_t*>(0x10);
  picture.image.planes[1] = reinterpret_cast<const uint8_t*>(0x20);
  {
    const HeldImage held(picture.image, DSOCR_MEMORY_CUDA, PixelRelease(picture.image));
    EXPECT_EQ(held.memory(), DSOCR_MEMORY_CUDA);
    EXPECT_EQ(held.image().planes[1], picture.image.planes[1]);
  }
  EXPECT_EQ(releases, 1);
  picture.image.release = nullptr;
  EXPECT_THROW(HeldImage(picture.image, DSOCR_MEMORY_CUDA, PixelRelease(picture.image)), ArgumentError);
}

}  // namespace
}  // namespace deepseekocr
