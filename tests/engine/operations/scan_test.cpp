// SPDX-License-Identifier: MIT
#include "operations/scan.h"

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "engine/operations/naive.h"

namespace deepseekocr::test {
namespace {

using operations::above;
using operations::shifted_sums;
using operations::top_two;

constexpr int64_t kLengths[] = {1, 2, 7, 8, 9, 31, 511, 512, 513, 1024, 4099, 129280};

std::vector<float> random_values(int64_t length, uint64_t seed, float scale) {
  const at::Tensor all = numbers({length}, seed) * scale;
  return {all.const_data_ptr<float>(), all.const_data_ptr<float>() + length};
}

TEST(Scan, TopTwoAreThoseOfAPlainLoop) {
  for (const int64_t length : kLengths) {
    for (uint64_t seed = 1; seed < 5; ++seed) {
      const std::vector<float> x = random_values(length, seed, 20);
      int64_t best = -1, second = -1;
      for (int64_t k = 0; k < length; ++k)
        if (best < 0 || x[k] > x[best]) best = k;
      for (int64_t k = 0; k < length; ++k)
        if (k != best && (second < 0 || x[k] > x[second])) second = k;
      EXPECT_EQ(top_two(x, {}).best, best) << length;
      EXPECT_EQ(top_two(x, {}).second, second) << length;
      const std::vector<int32_t> banned = {static_cast<int32_t>(best)};
      EXPECT_EQ(top_two(x, banned).best, second) << length;
    }
  }
}

TEST(Scan, EveryPlaceMayHoldTheLargest) {
  for (const int64_t length : {9, 513, 1100}) {
    for (int64_t place = 0; place < length; ++place) {
      std::vector<float> x(static_cast<size_t>(length), -1);
      x[place] = 1;
      EXPECT_EQ(top_two(x, {}).best, place);
      EXPECT_EQ(top_two(x, {}).second, place == 0 ? 1 : 0);
    }
  }
}

TEST(Scan, AboveFindsAllPlaces) {
  for (const int64_t length : kLengths) {
    const std::vector<float> x = random_values(length, 1, 1), y = random_values(length, 2, 1);
    std::vector<int64_t> expected, got;
    for (int64_t k = 0; k < length; ++k)
      if (x[k] + 0.25F * y[k] >= 1.1F) expected.push_back(k);
    above(x, y, 0.25F, 1.1F, [&](int64_t k) { got.push_back(k); });
    EXPECT_EQ(got, expected) << length;
  }
}

TEST(Scan, ShiftedSumsAreWithinTheirBound) {
  for (const int64_t length : kLengths) {
    for (const float scale : {0.01F, 1.0F, 20.0F, 1000.0F}) {
      const std::vector<float> x = random_values(length, 3, scale);
      const float offset = -*std::max_element(x.begin(), x.end());
      double exponentials = 0, sum = 0, squares = 0;
      for (const float value : x) {
        const double shifted = double{value} + offset;
        exponentials += std::exp(shifted);
        sum += shifted;
        squares += shifted * shifted;
      }
      const auto got = shifted_sums(x, offset);
      EXPECT_NEAR(got.exponentials, exponentials, 1e-5 * exponentials) << length << ", " << scale;
      EXPECT_NEAR(got.values, sum, 1e-5 * std::abs(sum)) << length << ", " << scale;
      EXPECT_NEAR(got.squares, squares, 1e-5 * squares) << length << ", " << scale;
    }
  }
}

TEST(Scan, WhatIsNotFiniteShowsInTheSquares) {
  for (const float damaged : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    for (const int64_t place : {0, 5, 600}) {
      std::vector<float> x(601, -1);
      x[place] = damaged;
      EXPECT_FALSE(std::isfinite(shifted_sums(x, 0).squares)) << place;
    }
  }
}

}  // namespace
}  // namespace deepseekocr::test
