// SPDX-License-Identifier: MIT
// Pictures in device memory, without a device: the functions that the kernels share with the host, and everything
// around the kernels, give bit for bit what engine/image gives.
#include "operations/cuda/pictures.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "checkpoint/error.h"
#include "engine/image/test_picture.h"
#include "engine/operations/host_pictures.h"
#include "image/luma.h"
#include "image/pixel_layout.h"
#include "image/resize.h"
#include "image/text_height.h"
#include "operations/cuda/picture.h"
#include "tools/expect_error.h"
#include "tools/patterns.h"

namespace deepseekocr::test {
namespace {

std::string name_of(const DsocrImage& image) {
  return std::string(pixel_layout(image.format)->name) + " " + std::to_string(image.width) + "x" +
         std::to_string(image.height) + " area " + std::to_string(image.area.x) + "," + std::to_string(image.area.y) +
         " " + std::to_string(image.area.width) + "x" + std::to_string(image.area.height) + " site " +
         std::to_string(image.chroma_site) + " matrix " + std::to_string(image.matrix) + " range " +
         std::to_string(image.range);
}

/// Every pixel by the function that the kernel calls.
RgbImage convert_by_pixels(const DsocrImage& image) {
  const cuda::PictureSource source = cuda::source_of(image);
  RgbImage out(source.width, source.height);
  for (int y = 0; y < out.height; ++y) {
    for (int x = 0; x < out.width; ++x) cuda::convert({source, out.data.data()}, x, y);
  }
  return out;
}

constexpr DsocrChromaSite kSites[] = {DSOCR_CHROMA_CENTER, DSOCR_CHROMA_LEFT, DSOCR_CHROMA_TOP, DSOCR_CHROMA_TOP_LEFT};
constexpr DsocrColorRange kRanges[] = {DSOCR_RANGE_LIMITED, DSOCR_RANGE_FULL};

/// Areas at every parity and at the borders.
std::vector<DsocrRect> areas_of(int width, int height) {
  std::vector<DsocrRect> areas = {{0, 0, 0, 0}, {0, 0, width, height}, {width - 1, height - 1, 1, 1}};
  for (const int x : {0, 1, 2, 3}) {
    for (const int y : {0, 1, 2, 3}) {
      for (const int cut : {0, 1}) {
        if (width - x - cut > 0 && height - y - cut > 0) areas.push_back({x, y, width - x - cut, height - y - cut});
      }
    }
  }
  return areas;
}

TEST(CudaPicture, EveryFormatAreaAndSiteConvertsAsOnTheHost) {
  for (const DsocrPixelFormat format : kAllFormats) {
    for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {1, 6}, {7, 1}, {9, 7}, {16, 10}, {35, 23}}) {
      TestPicture picture(format, width, height, 5, 7);
      for (const DsocrRect& area : areas_of(width, height)) {
        picture.image.area = area;
        for (const DsocrChromaSite site : kSites) {
          picture.image.chroma_site = site;
          ASSERT_EQ(convert_by_pixels(picture.image), to_rgb(picture.image)) << name_of(picture.image);
        }
      }
    }
  }
}

TEST(CudaPicture, EveryMatrixAndRangeConvertsAsOnTheHost) {
  for (const DsocrPixelFormat format : kAllFormats) {
    TestPicture picture(format, 150, 90, 0, 11);
    for (const DsocrColorMatrix matrix : {DSOCR_MATRIX_BT601, DSOCR_MATRIX_BT709, DSOCR_MATRIX_BT2020}) {
      for (const DsocrColorRange range : kRanges) {
        picture.image.matrix = matrix;
        picture.image.range = range;
        EXPECT_EQ(convert_by_pixels(picture.image), to_rgb(picture.image)) << name_of(picture.image);
      }
    }
  }
}

/// The brightness at half the size in one sentence: rows first, then pixels, then columns.
uint8_t expected_luma(const TestPicture& picture, int x, int y) {
  const DsocrImage& image = picture.image;
  const PixelLayout& layout = *pixel_layout(image.format);
  const auto mean = [](int a, int b) { return (a + b + 1) / 2; };
  const auto rows = [&](int column, int byte) {
    const int step = layout.pixel_bytes > 0              ? layout.pixel_bytes
                     : image.format == DSOCR_FORMAT_YUY2 ? 2
                                                         : layout.sample_bytes;
    const int place = (image.area.x + column) * step + byte, row = image.area.y + 2 * y;
    return mean(picture.sample(0, row, place), picture.sample(0, row + 1, place));
  };
  const auto colors = [&](int column) { return rows(column, 0) + 2 * rows(column, 1) + rows(column, 2); };
  if (layout.pixel_bytes == 3) return static_cast<uint8_t>((colors(2 * x) + colors(2 * x + 1) + 4) / 8);
  if (layout.pixel_bytes == 4) return static_cast<uint8_t>(mean((colors(2 * x) + 2) / 4, (colors(2 * x + 1) + 2) / 4));
  const int byte = layout.sample_bytes - 1;
  return static_cast<uint8_t>(mean(rows(2 * x, byte), rows(2 * x + 1, byte)));
}

TEST(HalveLuma, IsTheMeanOfFourPixelsOnTheHostAndInTheKernel) {
  for (const DsocrPixelFormat format : kAllFormats) {
    for (const DsocrRect& area : {DsocrRect{0, 0, 31, 17}, {1, 0, 2, 2}, {3, 5, 28, 11}, {0, 1, 5, 16}}) {
      TestPicture picture(format, 31, 17, 3, 12);
      picture.image.area = area;
      const LumaSource source = luma_source(picture.image);
      ASSERT_EQ(source.width, area.width / 2);
      ASSERT_EQ(source.height, area.height / 2);
      const int stride = source.width + 4;
      std::vector<uint8_t> out(static_cast<size_t>(stride * source.height), 0xEE);
      halve_luma(picture.image, out.data(), stride);
      std::vector<uint8_t> kernel(static_cast<size_t>(source.width * source.height));
      for (int y = 0; y < source.height; ++y) {
        for (int x = 0; x < stride; ++x) {
          const bool padding = x >= source.width;
          const uint8_t got = out[static_cast<size_t>(y * stride + x)];
          ASSERT_EQ(got, padding ? 0xEE : expected_luma(picture, x, y))
              << name_of(picture.image) << " at " << x << "," << y;
          if (padding) continue;
          cuda::halve(
              {source.first, source.stride, source.step, source.color, kernel.data(), source.width, source.height}, x,
              y);
          ASSERT_EQ(kernel[static_cast<size_t>(y * source.width + x)], got) << name_of(picture.image);
        }
      }
    }
  }
}

/// The whole way with a device that is this process.
class CudaPictures : public testing::Test {
 protected:
  void TearDown() override {
    memory_.reset();
    EXPECT_TRUE(host_.allocated.empty()) << host_.allocated.size() << " pieces of memory were not freed";
    EXPECT_EQ(host_.queues, 0);
    EXPECT_EQ(host_.launches_waiting, 0);
  }

  /// The views of a page on the "device".
  static PageViews on_host(const PageViews& page) {
    PageViews copy;
    copy.grid = page.grid;
    for (size_t i = 0; i < page.count(); ++i) {
      const ViewPixels view = page.view(i);
      EXPECT_TRUE(view.on_device);
      RgbImage image(view.width, view.height);
      std::copy_n(view.data, image.data.size(), image.data.begin());
      if (i == 0) copy.global = image;
      if (i > 0) copy.tiles.push_back(image);
    }
    return copy;
  }

  void expect_views(const TestPicture& picture, const ViewPlan& plan) {
    cuda::Pictures pictures(memory_);
    const PageViews expected = make_views(to_rgb(picture.image), plan);
    const PageViews got = on_host(pictures.convert(picture.image)->views(plan));
    const std::string what =
        name_of(picture.image) + " to " + std::to_string(plan.global.width) + "x" + std::to_string(plan.global.height);
    EXPECT_EQ(got.grid, expected.grid) << what;
    EXPECT_TRUE(got.global == expected.global) << what;
    ASSERT_EQ(got.tiles.size(), expected.tiles.size()) << what;
    for (size_t i = 0; i < got.tiles.size(); ++i)
      EXPECT_TRUE(got.tiles[i] == expected.tiles[i]) << what << " tile " << i;
  }

  /// Marks the planes of a picture as another context's.
  void make_foreign(const TestPicture& picture) {
    for (const auto& plane : picture.planes) {
      if (!plane.empty()) host_.foreign.push_back({plane.data(), plane.data() + plane.size(), &host_});
    }
  }

  HostPictures host_;
  std::shared_ptr<cuda::PictureMemory> memory_ = std::make_shared<cuda::PictureMemory>(host_.library(), 0);
};

TEST_F(CudaPictures, ResizesAsOnTheHost) {
  TestPicture picture(DSOCR_FORMAT_RGB, 61, 43, 2, 21);
  for (const auto& [width, height] : {std::pair{61, 43},
                                      {61, 20},
                                      {61, 97},
                                      {17, 43},
                                      {150, 43},
                                      {30, 20},
                                      {128, 96},
                                      {20, 96},
                                      {128, 11},
                                      {1, 1},
                                      {60, 42},
                                      {62, 44},
                                      {3, 200}}) {
    expect_views(picture, {.global = {.height = height, .width = width}, .squash = true, .tiles = {}});
  }
  const TestPicture tiny(DSOCR_FORMAT_RGB, 1, 1, 0, 22);
  expect_views(tiny, {.global = {.height = 64, .width = 64}, .squash = true, .tiles = {}});
}

TEST_F(CudaPictures, WeightsOfExtremesStayInRange) {
  TestPicture picture(DSOCR_FORMAT_RGB, 64, 64, 0, 23);
  for (uint8_t& byte : picture.planes[0]) byte = byte < 128 ? 0 : 255;
  for (const int side : {23, 63, 65, 200})
    expect_views(picture, {.global = {.height = side, .width = side + 1}, .squash = true, .tiles = {}});
}

TEST_F(CudaPictures, LetterboxesAsOnTheHost) {
  for (const auto& [width, height] :
       {std::pair{200, 100}, {100, 200}, {99, 201}, {128, 64}, {300, 1}, {1, 300}, {64, 64}, {641, 479}}) {
    const TestPicture picture(DSOCR_FORMAT_NV12, width, height, 3, 24);
    for (const CanvasSize canvas : {CanvasSize{64, 128}, {128, 64}, {100, 100}, {64, 64}})
      expect_views(picture, {.global = canvas, .tiles = {}});
  }
}

TEST_F(CudaPictures, CutsTilesAsOnTheHost) {
  const TestPicture picture(DSOCR_FORMAT_YUY2, 203, 117, 2, 25);
  for (const TileGrid grid : {TileGrid{2, 1}, {1, 2}, {3, 2}, {2, 3}})
    expect_views(picture, {.global = {.height = 64, .width = 64}, .tiles = grid, .tile_size = 48});
  // One dimension as it is.
  expect_views(picture, {.global = {.height = 64, .width = 64}, .tiles = {7, 1}, .tile_size = 29});
  const TestPicture flat(DSOCR_FORMAT_GRAY8, 96, 50, 0, 26);
  expect_views(flat, {.global = {.height = 64, .width = 64}, .tiles = {3, 2}, .tile_size = 32});
}

TEST_F(CudaPictures, PlansOfTheModesAreCarriedOut) {
  ModelConfig config;
  for (const DsocrMode mode : {DSOCR_MODE_TINY, DSOCR_MODE_BASE, DSOCR_MODE_GUNDAM}) {
    TestPicture picture(DSOCR_FORMAT_P010, 900, 500, 8, 27);
    picture.image.area = {13, 7, 801, 431};
    expect_views(picture, plan_views(801, 431, mode, 2, config));
  }
}

TEST_F(CudaPictures, EveryFormatIsReadFromAnotherContext) {
  for (const DsocrPixelFormat format : kAllFormats) {
    TestPicture picture(format, 77, 61, 6, 28);
    host_.foreign.clear();
    make_foreign(picture);
    for (const DsocrRect& area :
         {DsocrRect{0, 0, 0, 0}, {0, 0, 5, 3}, {17, 21, 30, 19}, {76, 60, 1, 1}, {31, 0, 30, 41}}) {
      picture.image.area = area;
      expect_views(picture, {.global = {.height = 48, .width = 32}, .squash = true, .tiles = {}});
    }
  }
  EXPECT_GT(host_.count("fetch"), 0);
}

TEST_F(CudaPictures, MemoryOfTheOwnContextIsNotCopied) {
  const TestPicture picture(DSOCR_FORMAT_NV12, 64, 48, 0, 29);
  expect_views(picture, {.global = {.height = 64, .width = 64}, .squash = true, .tiles = {}});
  EXPECT_EQ(host_.count("fetch"), 0);
}

TEST_F(CudaPictures, ThePlanesMayBeUsedAgainBehindTheConversion) {
  TestPicture picture(DSOCR_FORMAT_NV12, 64, 48, 0, 30);
  const ViewPlan plan{.global = {.height = 32, .width = 32}, .squash = true, .tiles = {}};
  const PageViews expected = make_views(to_rgb(picture.image), plan);
  for (const bool foreign : {false, true}) {
    TestPicture own(DSOCR_FORMAT_NV12, 64, 48, 0, 30);
    if (foreign) make_foreign(own);
    cuda::Pictures pictures(memory_);
    const auto converted = pictures.convert(own.image);
    for (auto& plane : own.planes) std::fill(plane.begin(), plane.end(), uint8_t{0});
    EXPECT_TRUE(on_host(converted->views(plan)).global == expected.global) << foreign;
  }
}

TEST_F(CudaPictures, TextHeightIsThatOfTheHost) {
  cuda::Pictures pictures(memory_);
  int known = 0;
  for (const auto& [width, height] : {std::pair{640, 400}, {333, 201}, {33, 90}, {34, 90}, {2000, 120}, {1, 1}}) {
    for (const char* pattern : {"page", "smooth", "syn"}) {
      const RgbImage picture = draw_pattern(pattern, width, height);
      DsocrImage image{};
      image.struct_size = sizeof image;
      image.format = DSOCR_FORMAT_RGB;
      image.width = width;
      image.height = height;
      image.planes[0] = picture.data.data();
      image.strides[0] = width * 3;
      const auto expected = estimate_text_height(picture);
      known += expected ? 1 : 0;
      EXPECT_EQ(pictures.convert(image)->text_height(), expected) << pattern << " " << width << "x" << height;
    }
  }
  EXPECT_GT(known, 0) << "no picture has a text height: this test shows nothing";
}

TEST_F(CudaPictures, ViewsOutliveTheirPictureAndTheModel) {
  const TestPicture picture(DSOCR_FORMAT_RGB, 40, 30, 0, 31);
  const ViewPlan plan{.global = {.height = 32, .width = 32}, .tiles = {2, 1}, .tile_size = 16};
  PageViews page;
  {
    cuda::Pictures pictures(memory_);
    page = pictures.convert(picture.image)->views(plan);
  }
  EXPECT_EQ(host_.count("trim"), 1) << "a model that goes gives the memory for pictures back";
  EXPECT_EQ(host_.allocated.size(), 1U) << "the views in one piece, and nothing else";
  EXPECT_TRUE(on_host(page).global == make_views(to_rgb(picture.image), plan).global);
  page = PageViews();
  EXPECT_TRUE(host_.allocated.empty());
}

TEST_F(CudaPictures, StreamsAreUsedAgain) {
  const TestPicture picture(DSOCR_FORMAT_RGB, 40, 30, 0, 32);
  const ViewPlan plan{.global = {.height = 32, .width = 32}, .tiles = {}};
  cuda::Pictures pictures(memory_);
  for (int i = 0; i < 5; ++i) pictures.convert(picture.image)->views(plan);
  EXPECT_EQ(host_.count("create_queue"), 2) << "one for the picture, one that frees its views beside it";
  const auto first = pictures.convert(picture.image), second = pictures.convert(picture.image);
  EXPECT_EQ(host_.queues, 2);
}

TEST_F(CudaPictures, ACallThatFailsLeavesNothingBehind) {
  const struct {
    const char* name;
    int calls;
    DsocrStatus status;
  } functions[] = {
      {"create_queue", 1, DSOCR_INTERNAL}, {"allocate", 9, DSOCR_OUT_OF_MEMORY},  {"locate", 2, DSOCR_INTERNAL},
      {"owner", 2, DSOCR_INTERNAL},        {"fetch", 2, DSOCR_INTERNAL},          {"convert", 1, DSOCR_INTERNAL},
      {"wait", 2, DSOCR_INTERNAL},         {"upload", 4, DSOCR_INTERNAL},         {"fill", 1, DSOCR_INTERNAL},
      {"resize_rows", 2, DSOCR_INTERNAL},  {"resize_columns", 2, DSOCR_INTERNAL}, {"count_edges", 1, DSOCR_INTERNAL},
      {"download", 1, DSOCR_INTERNAL}};
  const ViewPlan plan{.global = {.height = 32, .width = 32}, .tiles = {2, 1}, .tile_size = 16};
  for (const auto& function : functions) {
    for (int call = 1; call <= function.calls; ++call) {
      SCOPED_TRACE(std::string(function.name) + " call " + std::to_string(call));
      memory_ = std::make_shared<cuda::PictureMemory>(host_.library(), 0);
      auto picture = std::make_unique<TestPicture>(DSOCR_FORMAT_NV12, 90, 30, 0, 33);
      host_.foreign.clear();
      make_foreign(*picture);
      host_.failing = function.name;
      host_.failing_call = call;
      expect_error(function.status, {"made to fail"}, [&] {
        cuda::Pictures pictures(memory_);
        std::unique_ptr<DevicePicture> converted;
        try {
          converted = pictures.convert(picture->image);
        } catch (...) {
          EXPECT_EQ(host_.launches_waiting, 0) << "the caller's planes would still be read";
          throw;
        }
        picture.reset();
        converted->text_height();
        converted->views(plan);
      });
      EXPECT_EQ(host_.failing, "") << "there are not so many calls";
      memory_.reset();
      EXPECT_TRUE(host_.allocated.empty());
      EXPECT_EQ(host_.queues, 0);
    }
  }
}

TEST_F(CudaPictures, AnotherDeviceIsNamed) {
  const TestPicture picture(DSOCR_FORMAT_NV12, 8, 8, 0, 34);
  cuda::Pictures pictures(memory_);
  host_.device = 3;
  expect_error(DSOCR_UNSUPPORTED, {"cuda:3", "cuda:0", "cudadownload"}, [&] { pictures.convert(picture.image); });
  host_.device = -1;
  expect_error(DSOCR_INVALID_ARGUMENT, {"Plane 0 of the NV12 picture", "CUDA memory"},
               [&] { pictures.convert(picture.image); });
  EXPECT_EQ(host_.queues, 0) << "nothing was started";
}

TEST_F(CudaPictures, LumaIsHalvedAsOnTheHost) {
  for (const DsocrPixelFormat format : kAllFormats) {
    for (const bool foreign : {false, true}) {
      TestPicture picture(format, 45, 33, 4, 35);
      picture.image.area = {3, 5, 41, 27};
      host_.foreign.clear();
      if (foreign) make_foreign(picture);
      std::vector<uint8_t> expected(24 * 13, 7), got(24 * 13, 7);
      halve_luma(picture.image, expected.data(), 24);
      cuda::halve_luma(memory_, picture.image, got.data(), 24);
      EXPECT_EQ(got, expected) << name_of(picture.image) << (foreign ? " of another context" : "");
    }
  }
}

TEST_F(CudaPictures, HalvingThatFailsLeavesNothingBehind) {
  const TestPicture picture(DSOCR_FORMAT_NV12, 90, 30, 0, 36);
  make_foreign(picture);
  std::vector<uint8_t> out(45 * 15);
  for (const char* name : {"create_queue", "owner", "allocate", "fetch", "halve", "download", "wait"}) {
    memory_ = std::make_shared<cuda::PictureMemory>(host_.library(), 0);
    host_.failing = name;
    host_.failing_call = 1;
    EXPECT_THROW(cuda::halve_luma(memory_, picture.image, out.data(), 45), EngineError) << name;
    EXPECT_EQ(host_.failing, "") << name << " is not called";
    EXPECT_EQ(host_.launches_waiting, 0) << name;
    EXPECT_TRUE(host_.allocated.empty()) << name;
  }
}

}  // namespace
}  // namespace deepseekocr::test
