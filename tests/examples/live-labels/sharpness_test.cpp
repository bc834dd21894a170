// SPDX-License-Identifier: MIT
#include "sharpness.h"

#include <gtest/gtest.h>

#include <vector>

namespace live_labels {
namespace {

// Stripes of `width` pixels.
std::vector<uint8_t> stripes(int size, int width, int contrast) {
  std::vector<uint8_t> luma(static_cast<size_t>(size) * static_cast<size_t>(size));
  for (size_t i = 0; i < luma.size(); ++i) {
    const int x = static_cast<int>(i) % size;
    luma[i] = static_cast<uint8_t>(x / width % 2 == 0 ? 128 - contrast : 128 + contrast);
  }
  return luma;
}

TEST(Sharpness, FineDetailIsSharperThanCoarseAndNone) {
  constexpr int kSize = 64;
  const double flat = sharpness_of(stripes(kSize, 8, 0).data(), kSize, kSize, kSize);
  const double coarse = sharpness_of(stripes(kSize, 8, 50).data(), kSize, kSize, kSize);
  const double fine = sharpness_of(stripes(kSize, 2, 50).data(), kSize, kSize, kSize);
  EXPECT_EQ(flat, 1.0);
  EXPECT_GT(coarse, flat);
  EXPECT_GT(fine, coarse);
}

TEST(Sharpness, SmallPicturesHaveOne) {
  const uint8_t pixel = 7;
  EXPECT_EQ(sharpness_of(&pixel, 1, 1, 1), 1.0);
}

TEST(SharpnessLog, KnowsTheLatestFrames) {
  SharpnessLog log;
  for (size_t i = 0; i <= SharpnessLog::kSize; ++i) log.add(i, static_cast<double>(i + 2));
  EXPECT_EQ(log.find(SharpnessLog::kSize), static_cast<double>(SharpnessLog::kSize + 2));
  EXPECT_EQ(log.find(1), 3.0);
  EXPECT_EQ(log.find(0), 1.0);  // forgotten
}

}  // namespace
}  // namespace live_labels
