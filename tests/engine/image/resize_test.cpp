// SPDX-License-Identifier: MIT
// Properties of resizing that no golden picture shows, and the two versions of its inner loops.
#include "image/resize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "image/resize_kernels.h"
#include "image/views.h"

namespace deepseekocr {
namespace {

RgbImage noise(int width, int height, uint32_t seed) {
  RgbImage image(width, height);
  std::mt19937 random(seed);
  for (uint8_t& byte : image.data) byte = static_cast<uint8_t>(random());
  return image;
}

int64_t whole_weight(const WeightPair& pair, int i) {
  return pair.high[i] * (int64_t{1} << kHighBits) + pair.low[i];
}

TEST(BicubicWeights, CoverTheAxisAndAddUpToOne) {
  for (const int source : {1, 2, 3, 10, 511, 20000}) {
    for (const int target : {1, 2, 7, 512}) {
      for (const int alignment : {1, 2}) {
        const AxisWeights axis = bicubic_weights(source, target, alignment);
        ASSERT_EQ(axis.samples.size(), static_cast<size_t>(target));
        for (const auto& sample : axis.samples) {
          EXPECT_EQ(sample.first % alignment, 0);
          EXPECT_GE(sample.first, 0);
          EXPECT_LE(sample.first + 2 * sample.pairs, source + 1);
          EXPECT_LE(sample.pairs, axis.max_pairs);
          int64_t sum = 0;
          for (int j = 0; j < sample.pairs; ++j) {
            const WeightPair& pair = axis.weights[static_cast<size_t>(sample.offset) + static_cast<size_t>(j)];
            sum += whole_weight(pair, 0) + whole_weight(pair, 1);
          }
          EXPECT_NEAR(static_cast<double>(sum), 1 << kWeightBits, sample.pairs + 1);
        }
      }
    }
  }
}

TEST(ResizeKernels, PixelsEqualThePortableVersion) {
  std::mt19937 random(1);
  const AxisWeights axis = bicubic_weights(1000, 41, 2);
  std::vector<PixelPairs> pixels(501);
  for (PixelPairs& pair : pixels) {
    for (auto& channel : pair.values) {
      for (auto& row : channel) {
        for (int16_t& value : row) value = random() % 3 == 0 ? 255 : static_cast<int16_t>(random() % 256);
      }
    }
  }
  for (const auto& sample : axis.samples) {
    uint8_t fast[kRowGroup][4] = {};
    uint8_t slow[kRowGroup][4] = {};
    uint8_t* fast_rows[kRowGroup] = {fast[0], fast[1], fast[2], fast[3]};
    uint8_t* slow_rows[kRowGroup] = {slow[0], slow[1], slow[2], slow[3]};
    const auto* window = &pixels[static_cast<size_t>(sample.first / 2)];
    const auto* weights = &axis.weights[static_cast<size_t>(sample.offset)];
    weigh_pixels(window, weights, sample.pairs, fast_rows, 0);
    portable::weigh_pixels(window, weights, sample.pairs, slow_rows, 0);
    for (int row = 0; row < kRowGroup; ++row) {
      for (int channel = 0; channel < 3; ++channel) EXPECT_EQ(fast[row][channel], slow[row][channel]);
    }
  }
}

TEST(ResizeKernels, RowsEqualThePortableVersion) {
  const RgbImage image = noise(67, 40, 2);
  const AxisWeights axis = bicubic_weights(40, 9, 1);
  for (const int bytes : {1, 15, 16, 17, 201}) {
    for (const auto& sample : axis.samples) {
      std::vector<const uint8_t*> rows;
      rows.reserve(static_cast<size_t>(sample.pairs) * 2);
      for (int j = 0; j < 2 * sample.pairs; ++j) rows.push_back(image.row(std::min(sample.first + j, 39)));
      std::vector<uint8_t> fast(static_cast<size_t>(bytes));
      std::vector<uint8_t> slow(static_cast<size_t>(bytes));
      const auto* weights = &axis.weights[static_cast<size_t>(sample.offset)];
      weigh_rows(rows.data(), weights, sample.pairs, bytes, fast.data());
      portable::weigh_rows(rows.data(), weights, sample.pairs, bytes, slow.data());
      EXPECT_EQ(fast, slow) << bytes;
    }
  }
}

TEST(Resize, SameSizeIsACopy) {
  const RgbImage image = noise(13, 11, 3);
  EXPECT_EQ(resize_bicubic(image, 13, 11).data, image.data);
}

TEST(Resize, KeepsOneColour) {
  RgbImage image(37, 53);
  for (size_t i = 0; i < image.data.size(); ++i) image.data[i] = static_cast<uint8_t>(i % 3 == 0 ? 255 : i % 3);
  for (const int width : {1, 36, 37, 200}) {
    for (const int height : {1, 52, 53, 130}) {
      const RgbImage out = resize_bicubic(image, width, height);
      ASSERT_EQ(out.data.size(), static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
      for (size_t i = 0; i < out.data.size(); ++i) ASSERT_EQ(out.data[i], i % 3 == 0 ? 255 : i % 3);
    }
  }
}

TEST(Resize, PassesAreIndependent) {
  const RgbImage image = noise(61, 47, 4);
  const RgbImage steps = resize_bicubic(resize_bicubic(image, 30, 47), 30, 90);
  EXPECT_EQ(resize_bicubic(image, 30, 90).data, steps.data);
}

TEST(Resize, RowsComeInOrder) {
  int next = 0;
  resize_bicubic(noise(5, 300, 5), 7, 40, [&](int y, const uint8_t*) { EXPECT_EQ(y, next++); });
  EXPECT_EQ(next, 40);
}

TEST(Views, ThinPicturesKeepOnePixel) {
  const ModelConfig config;
  for (const auto& [width, height] : {std::pair{1, 20000}, std::pair{20000, 1}}) {
    RgbImage image(width, height);
    const PageViews views = make_views(image, plan_views(width, height, DSOCR_MODE_BASE, 0, config));
    const auto black = std::count(views.global.data.begin(), views.global.data.end(), 0);
    EXPECT_EQ(black, 3 * 1024);
    EXPECT_EQ(std::count(views.global.data.begin(), views.global.data.end(), 127), 3 * 1024 * 1023);
  }
}

TEST(Views, OnePixelFillsEveryMode) {
  const ModelConfig config;
  RgbImage image(1, 1);
  image.data = {10, 20, 30};
  for (const DsocrMode mode : {DSOCR_MODE_TINY, DSOCR_MODE_BASE, DSOCR_MODE_GUNDAM}) {
    const PageViews views = make_views(image, plan_views(1, 1, mode, 0, config));
    EXPECT_TRUE(views.tiles.empty());
    EXPECT_EQ(std::count(views.global.data.begin(), views.global.data.end(), 20),
              static_cast<ptrdiff_t>(views.global.data.size() / 3));
  }
}

}  // namespace
}  // namespace deepseekocr
