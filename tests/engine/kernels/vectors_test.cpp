// SPDX-License-Identifier: MIT
// Vectors in 8 bits: every instruction set that this processor has, against plain loops.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "levels.h"

namespace deepseekocr::kernels {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();

/// Lengths around every step that a loop may take, the model's, and one whose sums take more than 32 bits in full.
constexpr int64_t kLengths[] = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 96, 127, 128, 130, 257, 2000};
constexpr int64_t kCounts[] = {0, 1, 2, 7, 8, 9, 16, 31, 32, 33, 67};

/// In (−size, size).
std::vector<float> numbers(int64_t count, uint32_t seed, float size = 1) {
  std::vector<float> all(static_cast<size_t>(count));
  for (float& value : all) {
    seed = seed * 1664525 + 1013904223;
    value = size * (static_cast<float>(static_cast<int32_t>(seed >> 8) - (1 << 23)) / (1 << 23));
  }
  return all;
}

/// Vectors of random numbers in 8 bits, one element away from a round address.
struct Vectors {
  Vectors(int64_t own_count, int64_t own_length, uint32_t seed)
      : length(own_length), numbers(static_cast<size_t>(own_count * own_length + 1)), scales(test_scales(own_count)) {
    for (int8_t& number : numbers) {
      seed = seed * 1664525 + 1013904223;
      number = static_cast<int8_t>(static_cast<int32_t>(seed >> 8) % 255 - 127);
    }
  }
  static std::vector<float> test_scales(int64_t count) {
    std::vector<float> scales = deepseekocr::kernels::numbers(count + 1, 5);
    for (float& scale : scales) scale = std::abs(scale);
    return scales;
  }
  ByteVectors from(int64_t row) const { return {numbers.data() + 1 + row * length, scales.data() + 1 + row}; }
  double value(int64_t row, int64_t k) const {
    return double{scales[static_cast<size_t>(1 + row)]} * numbers[static_cast<size_t>(1 + row * length + k)];
  }
  int64_t length;
  std::vector<int8_t> numbers;
  std::vector<float> scales;
};

class VectorsTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!has_isa(GetParam())) GTEST_SKIP() << "this processor has no " << isa_name(GetParam());
    kernel_ = &kernels_of(GetParam())->bytes;
  }
  const ByteKernels* kernel_ = nullptr;
};

TEST_P(VectorsTest, RoundsToTheNearestStep) {
  for (const int64_t length : kLengths) {
    for (const float size : {1e-20F, 0.01F, 1.0F, 3e38F}) {
      const auto x = numbers(length, 3, size);
      const float extreme = std::abs(*std::max_element(
          x.begin(), x.end(), [](float one, float other) { return std::abs(one) < std::abs(other); }));
      std::vector<int8_t> got(static_cast<size_t>(length + 1), 77);
      const float scale = kernel_->round(x.data(), length, got.data());
      ASSERT_FLOAT_EQ(scale, extreme / 127);
      for (size_t k = 0; k < x.size(); ++k) ASSERT_EQ(got[k], std::nearbyint(x[k] * (127 / extreme))) << k;
      ASSERT_EQ(got.back(), 77) << "wrote behind the last number";
    }
  }
}

TEST_P(VectorsTest, WhatIsSmallBecomesZeros) {
  for (const float size : {0.0F, 1e-31F, 1e-40F}) {
    const std::vector<float> x(19, size);
    std::vector<int8_t> got(19, 77);
    EXPECT_EQ(kernel_->round(x.data(), 19, got.data()), 0);
    EXPECT_EQ(got, std::vector<int8_t>(19, 0));
  }
}

TEST_P(VectorsTest, WhatIsNotFiniteMakesTheScaleNotANumber) {
  for (const float value : {kNan, kInfinity, -kInfinity}) {
    for (const int64_t place : {0, 5, 16, 18}) {
      auto x = numbers(19, 1);
      x[static_cast<size_t>(place)] = value;
      std::vector<int8_t> got(19, 77);
      EXPECT_TRUE(std::isnan(kernel_->round(x.data(), 19, got.data())));
      EXPECT_EQ(got, std::vector<int8_t>(19, 0));
      std::vector<int16_t> query(19, 77);
      EXPECT_TRUE(std::isnan(kernel_->round_query(x.data(), 19, query.data())));
      EXPECT_EQ(query, std::vector<int16_t>(19, 0));
    }
  }
}

TEST_P(VectorsTest, Products) {
  for (const int64_t length : kLengths) {
    const auto x = numbers(length, 2, 30);
    std::vector<int16_t> query(static_cast<size_t>(length));
    const float scale = kernel_->round_query(x.data(), length, query.data());
    for (const int64_t count : kCounts) {
      const Vectors vectors(count, length, 4);
      std::vector<float> out(static_cast<size_t>(count + 1), -7);
      kernel_->products(vectors.from(0), count, query.data(), scale, length, out.data());
      for (int64_t r = 0; r < count; ++r) {
        double exact = 0, largest = 0;
        for (int64_t k = 0; k < length; ++k) {
          exact += vectors.value(r, k) * x[static_cast<size_t>(k)];
          largest += std::abs(vectors.value(r, k));
        }
        // Each of the query's numbers is off by half a step at most.
        ASSERT_NEAR(out[static_cast<size_t>(r)], exact, 0.51 * scale * largest + 1e-6 * std::abs(exact))
            << "row " << r << " of " << length;
      }
      ASSERT_EQ(out.back(), -7) << "wrote behind the last row";
    }
  }
}

TEST_P(VectorsTest, TheLargestProductsDoNotOverflow) {
  for (const int64_t length : kLengths) {
    const std::vector<float> x(static_cast<size_t>(length), 2);
    std::vector<int16_t> query(x.size());
    const float scale = kernel_->round_query(x.data(), length, query.data()), ones[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
    const std::vector<int8_t> lowest(static_cast<size_t>(9 * length), -127);
    float out[9];
    kernel_->products({lowest.data(), ones}, 9, query.data(), scale, length, out);
    for (const float sum : out) ASSERT_FLOAT_EQ(sum, static_cast<float>(-254 * length));
  }
}

TEST_P(VectorsTest, WeightedSum) {
  for (const int64_t length : kLengths) {
    for (const int64_t count : kCounts) {
      const Vectors vectors(count, length, 4);
      const auto factors = numbers(count, 6);
      std::vector<float> out(static_cast<size_t>(length + 1), -7);
      kernel_->weighted_sum(vectors.from(0), factors.data(), count, length, out.data());
      for (int64_t k = 0; k < length; ++k) {
        double sum = 0;
        for (int64_t r = 0; r < count; ++r) sum += double{factors[static_cast<size_t>(r)]} * vectors.value(r, k);
        ASSERT_NEAR(out[static_cast<size_t>(k)], sum, 1e-3) << k << " of " << length << ", " << count << " rows";
      }
      ASSERT_EQ(out.back(), -7);
    }
  }
}

TEST_P(VectorsTest, AProductIsTheSameWhateverIsMultipliedBesideIt) {
  constexpr int64_t kCount = 29, kLength = 203;
  const Vectors vectors(kCount, kLength, 4);
  const auto x = numbers(kLength, 2);
  std::vector<int16_t> query(kLength);
  const float scale = kernel_->round_query(x.data(), kLength, query.data());
  std::vector<float> together(kCount);
  kernel_->products(vectors.from(0), kCount, query.data(), scale, kLength, together.data());
  for (int64_t r = 0; r < kCount; ++r) {
    float alone = 0;
    kernel_->products(vectors.from(r), 1, query.data(), scale, kLength, &alone);
    EXPECT_EQ(alone, together[static_cast<size_t>(r)]) << "row " << r;
  }
}

TEST_P(VectorsTest, AScaleThatIsNotANumberIsNotHidden) {
  const Vectors vectors(9, 20, 4);
  std::vector<float> scales(9, 1);
  scales[3] = kNan;
  const std::vector<int16_t> query(20, 1);
  std::vector<float> out(9), sum(20);
  kernel_->products({vectors.from(0).numbers, scales.data()}, 9, query.data(), 1, 20, out.data());
  for (size_t r = 0; r < out.size(); ++r) EXPECT_EQ(std::isnan(out[r]), r == 3);
  kernel_->weighted_sum({vectors.from(0).numbers, scales.data()}, out.data(), 9, 20, sum.data());
  for (const float value : sum) EXPECT_TRUE(std::isnan(value));
}

INSTANTIATE_TEST_SUITE_P(Levels, VectorsTest, testing::ValuesIn(kLevels),
                         [](const auto& info) { return std::string(isa_name(info.param)); });

}  // namespace
}  // namespace deepseekocr::kernels
