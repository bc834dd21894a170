// SPDX-License-Identifier: MIT
// Weights in panels: what packing leaves of them, and products of every instruction set, against plain loops in double.
#include "kernels/panels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <type_traits>
#include <vector>

#include "kernels/kernels.h"
#include "levels.h"

namespace deepseekocr::kernels {
namespace {

/// Values in [-1, 1) of which some are small: groups with very different scales.
std::vector<float> numbers(int64_t count, uint32_t seed) {
  std::vector<float> all(static_cast<size_t>(count));
  for (float& value : all) {
    seed = seed * 1664525 + 1013904223;
    value = static_cast<float>(static_cast<int32_t>(seed >> 8) - (1 << 23)) / (1 << 23);
  }
  return all;
}

template <typename Format>
const FormatPacking& packing(Isa isa) {
  if constexpr (std::is_same_v<Format, Int8>) return packing_of(isa).int8;
  if constexpr (std::is_same_v<Format, Int8x8>) return packing_of(isa).int8x8;
  if constexpr (Format::kBits == 4) return packing_of(isa).int4;
}

template <typename Format>
const PanelKernels& panel_kernels(Isa isa) {
  if constexpr (std::is_same_v<Format, Int8>) return kernels_of(isa)->int8;
  if constexpr (std::is_same_v<Format, Int8x8>) return kernels_of(isa)->int8x8;
  if constexpr (Format::kBits == 4) return kernels_of(isa)->int4;
}

/// `rows` rows of a matrix as panels, and as float32 after packing.
template <typename Format>
struct Packed {
  Packed(const std::vector<float>& weights, int64_t rows, int64_t columns, Isa isa = Isa::none) {
    const int64_t panels = (rows + kPanelRows - 1) / kPanelRows, bytes = panel_bytes<Format>(columns);
    data.resize(static_cast<size_t>(panels * bytes));
    values.resize(static_cast<size_t>(rows * columns));
    for (int64_t panel = 0; panel < panels; ++panel) {
      const int64_t first = panel * kPanelRows, some = std::min(kPanelRows, rows - first);
      packing<Format>(isa).pack({weights.data() + first * columns, columns}, some, columns,
                                data.data() + panel * bytes);
      packing<Format>(isa).unpack(data.data() + panel * bytes, some, columns,
                                  {values.data() + first * columns, columns});
    }
  }
  std::vector<uint8_t> data;
  std::vector<float> values;
};

/// Rows of inputs as products take them.
template <typename Format>
struct Inputs {
  Inputs(const std::vector<float>& x, int64_t count, int64_t columns, Isa isa)
      : groups(group_count<Format>(columns)),
        numbers(static_cast<size_t>(count * groups * kInputBytes<Format>)),
        scales(static_cast<size_t>(count * groups)),
        sums(static_cast<size_t>(count * groups)) {
    panel_kernels<Format>(isa).round_inputs({x.data(), columns}, count, columns, rows());
  }
  RoundedRows rows() { return {numbers.data(), scales.data(), sums.data(), groups}; }
  int64_t groups;
  std::vector<uint8_t> numbers;
  std::vector<float> scales;
  std::vector<int32_t> sums;
};

constexpr int64_t kColumns[] = {1, 7, 31, 32, 33, 63, 64, 65, 100, 128, 896};

template <typename Format>
class PanelsTest : public testing::Test {};
using Formats = testing::Types<Int8, Int8x8, Int4>;
TYPED_TEST_SUITE(PanelsTest, Formats);

TYPED_TEST(PanelsTest, PackingLeavesHalfAStepOfError) {
  // The largest of a group is 127 steps, of int8x8 the largest sum of two neighbours of one sign; of 4 bits the best of
  // several scales is no worse than 7 steps for it.
  const double steps = TypeParam::kBits == 8 ? 127 : 7;
  for (const int64_t columns : kColumns) {
    for (const int64_t rows : {1, 5, 16}) {
      const auto weights = numbers(rows * columns, 1);
      const Packed<TypeParam> packed(weights, rows, columns);
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t first = 0; first < columns; first += TypeParam::kGroup) {
          const int64_t some = std::min(TypeParam::kGroup, columns - first);
          const float* own = weights.data() + row * columns + first;
          const float* got = packed.values.data() + row * columns + first;
          double largest = 0, squares = 0;
          for (int64_t k = 0; k < some; ++k) {
            largest = std::max(largest, std::abs(double{own[k]}));
            if (std::is_same_v<TypeParam, Int8x8> && k % 2 == 1 && (own[k] > 0) == (own[k - 1] > 0))
              largest = std::max(largest, std::abs(double{own[k]} + own[k - 1]));
            squares += (double{own[k]} - got[k]) * (double{own[k]} - got[k]);
          }
          const double half = largest / steps / 2 * 1.02;  // the scale is rounded to bfloat16
          ASSERT_LE(std::sqrt(squares / static_cast<double>(some)), half) << rows << "x" << columns << ", " << first;
        }
      }
    }
  }
}

TYPED_TEST(PanelsTest, RowsAndColumnsThatAreMissingAreZero) {
  const auto weights = numbers(3 * 10, 1);
  const Packed<TypeParam> packed(weights, 3, 10);
  std::vector<float> whole(kPanelRows * TypeParam::kGroup, 7);
  packing<TypeParam>(Isa::none).unpack(packed.data.data(), kPanelRows, TypeParam::kGroup,
                                       {whole.data(), TypeParam::kGroup});
  for (int64_t row = 0; row < kPanelRows; ++row) {
    for (int64_t k = 0; k < TypeParam::kGroup; ++k) {
      if (row >= 3 || k >= 10) {
        ASSERT_EQ(whole[row * TypeParam::kGroup + k], 0) << row << ", " << k;
      }
    }
  }
}

TYPED_TEST(PanelsTest, ValuesOfTheGridAreKept) {
  // Whole numbers whose largest is the end of the grid: the scale is 1.
  std::vector<float> weights(TypeParam::kGroup);
  for (int64_t k = 0; k < TypeParam::kGroup; ++k) weights[k] = static_cast<float>(k % 16 - 8);
  if (TypeParam::kBits == 8) {
    weights[4] = 0;
    weights[5] = -127;
  }
  EXPECT_EQ(Packed<TypeParam>(weights, 1, TypeParam::kGroup).values, weights);
}

TYPED_TEST(PanelsTest, WhatIsNotFiniteStaysSo) {
  for (const float damaged : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    auto weights = numbers(2 * TypeParam::kGroup, 1);
    weights[TypeParam::kGroup + 3] = damaged;
    const Packed<TypeParam> packed(weights, 2, TypeParam::kGroup);
    EXPECT_TRUE(std::isfinite(packed.values[0]));
    EXPECT_TRUE(std::isnan(packed.values[TypeParam::kGroup + 3]));
  }
}

TYPED_TEST(PanelsTest, EveryLevelPacksAlike) {
  for (const Isa isa : kLevels) {
    if (!has_isa(isa)) continue;
    for (const int64_t columns : kColumns) {
      const auto weights = numbers(37 * columns, 2);
      const Packed<TypeParam> portable(weights, 37, columns), own(weights, 37, columns, isa);
      ASSERT_EQ(own.data, portable.data) << isa_name(isa) << ", " << columns;
      ASSERT_EQ(own.values, portable.values) << isa_name(isa) << ", " << columns;
    }
  }
}

/// Products of one level, for rows and inputs of every number around a step of the loops.
template <typename Format>
void expect_products(Isa isa, int64_t panels, int64_t count, int64_t columns) {
  const int64_t rows = panels * kPanelRows;
  const auto weights = numbers(rows * columns, 1), x = numbers(count * columns, 2);
  const Packed<Format> packed(weights, rows, columns, isa);
  Inputs<Format> inputs(x, count, columns, isa);
  std::vector<float> out(static_cast<size_t>(count * (rows + 1)), -7);
  panel_kernels<Format>(isa).products(packed.data.data(), panels, inputs.rows(), count, {out.data(), rows + 1});
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t r = 0; r < rows; ++r) {
      // An input is off by half a step of at most 1 / 32767, or 1 / 127.
      constexpr double kStep = Format::kInputBits == 8 ? 1.0 / 127 : 1.0 / 32767;
      double sum = 0, bound = 1e-6;
      for (int64_t k = 0; k < columns; ++k) {
        sum += double{packed.values[r * columns + k]} * x[i * columns + k];
        bound += std::abs(double{packed.values[r * columns + k]}) * (0.5 * kStep + 1e-7);
      }
      ASSERT_NEAR(out[i * (rows + 1) + r], sum, bound)
          << "input " << i << ", row " << r << " of " << rows << "x" << columns;
    }
    ASSERT_EQ(out[i * (rows + 1) + rows], -7) << "wrote behind the last row";
  }
}

class PanelLevelsTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!has_isa(GetParam())) GTEST_SKIP() << "this processor has no " << isa_name(GetParam());
  }
};

TEST_P(PanelLevelsTest, Products) {
  for (const int64_t columns : kColumns) {
    for (const int64_t panels : {0, 1, 3}) {
      for (const int64_t count : {0, 1, 2, 3, 4, 7, 8, 16}) {
        expect_products<Int8>(GetParam(), panels, count, columns);
        expect_products<Int8x8>(GetParam(), panels, count, columns);
        expect_products<Int4>(GetParam(), panels, count, columns);
      }
    }
  }
}

/// Weights and inputs at the ends of their ranges: sums of a group as large as they get.
template <typename Format>
void expect_no_overflow(Isa isa) {
  constexpr int64_t kLength = 2 * Format::kGroup;
  for (const float sign : {1.0F, -1.0F}) {
    for (const float neighbour : {-1.0F, 1.0F}) {
      std::vector<float> weights(kPanelRows * kLength, -1), x(kLength, sign);
      for (size_t k = 1; k < weights.size(); k += 2) weights[k] = neighbour;
      for (size_t k = 1; k < x.size(); k += 2) x[k] = -sign * neighbour;
      const Packed<Format> packed(weights, kPanelRows, kLength, isa);
      Inputs<Format> inputs(x, 1, kLength, isa);
      std::vector<float> out(kPanelRows);
      panel_kernels<Format>(isa).products(packed.data.data(), 1, inputs.rows(), 1, {out.data(), kPanelRows});
      for (const float value : out) EXPECT_NEAR(value, -sign * kLength, 0.01 * kLength) << neighbour;
    }
  }
}

TEST_P(PanelLevelsTest, SumsOfTheLargestNumbersDoNotOverflow) {
  expect_no_overflow<Int8>(GetParam());
  expect_no_overflow<Int8x8>(GetParam());
  expect_no_overflow<Int4>(GetParam());
}

template <typename Format>
void expect_the_same_alone(Isa isa) {
  constexpr int64_t kRows = 2 * kPanelRows, kCount = 15, kLength = 203;
  const auto weights = numbers(kRows * kLength, 1), x = numbers(kCount * kLength, 2);
  const Packed<Format> packed(weights, kRows, kLength, isa);
  Inputs<Format> inputs(x, kCount, kLength, isa);
  std::vector<float> together(kCount * kRows), alone(kRows);
  panel_kernels<Format>(isa).products(packed.data.data(), 2, inputs.rows(), kCount, {together.data(), kRows});
  for (int64_t i = 0; i < kCount; ++i) {
    Inputs<Format> own({x.begin() + i * kLength, x.begin() + (i + 1) * kLength}, 1, kLength, isa);
    panel_kernels<Format>(isa).products(packed.data.data(), 2, own.rows(), 1, {alone.data(), kRows});
    for (int64_t r = 0; r < kRows; ++r) EXPECT_EQ(alone[r], together[i * kRows + r]) << "input " << i << ", row " << r;
  }
}

TEST_P(PanelLevelsTest, AProductIsTheSameWhateverIsMultipliedBesideIt) {
  expect_the_same_alone<Int8>(GetParam());
  expect_the_same_alone<Int8x8>(GetParam());
  expect_the_same_alone<Int4>(GetParam());
}

template <typename Format>
void expect_own_row_spoilt(Isa isa) {
  for (const float damaged : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    auto x = numbers(2 * 100, 3);
    x[70] = damaged;
    const Packed<Format> packed(numbers(kPanelRows * 100, 1), kPanelRows, 100, isa);
    Inputs<Format> inputs(x, 2, 100, isa);
    std::vector<float> out(2 * kPanelRows);
    panel_kernels<Format>(isa).products(packed.data.data(), 1, inputs.rows(), 2, {out.data(), kPanelRows});
    EXPECT_TRUE(std::isnan(out[0]));
    EXPECT_TRUE(std::isfinite(out[kPanelRows]));
  }
}

TEST_P(PanelLevelsTest, InputsThatAreNotFiniteSpoilTheirOwnRowOnly) {
  expect_own_row_spoilt<Int8>(GetParam());
  expect_own_row_spoilt<Int8x8>(GetParam());
}

template <typename Format>
void expect_zeros(Isa isa) {
  constexpr int64_t kLength = Format::kGroup + 8;
  Inputs<Format> inputs(std::vector<float>(kLength, 1e-31F), 1, kLength, isa);
  EXPECT_EQ(inputs.scales, std::vector<float>(2, 0));
  EXPECT_EQ(inputs.numbers, std::vector<uint8_t>(2 * Format::kGroup, 0));
}

TEST_P(PanelLevelsTest, InputsTooSmallForAScaleAreZero) {
  expect_zeros<Int4>(GetParam());
  expect_zeros<Int8x8>(GetParam());
}

TEST_P(PanelLevelsTest, BytesThatAreAllOfOneSignHaveAllTheSteps) {
  // 0 to 255, and zero is exact wherever the range lies.
  std::vector<float> x(3 * Int8x8::kGroup, 0);
  x[1] = 0.5F;
  x[Int8x8::kGroup] = -2;
  x[2 * Int8x8::kGroup] = -1;
  x[2 * Int8x8::kGroup + 1] = 3;
  const Inputs<Int8x8> inputs(x, 1, static_cast<int64_t>(x.size()), GetParam());
  EXPECT_EQ(inputs.sums, (std::vector<int32_t>{0, 255, 64}));
  EXPECT_FLOAT_EQ(inputs.scales[0], 0.5F / 255);
  EXPECT_EQ(inputs.numbers[1], 255);
  EXPECT_EQ(inputs.numbers[Int8x8::kGroup], 0);
  EXPECT_EQ(inputs.numbers[Int8x8::kGroup + 1], 255);
  EXPECT_EQ(inputs.numbers[2 * Int8x8::kGroup], 0);
  EXPECT_EQ(inputs.numbers[2 * Int8x8::kGroup + 1], 255);
  EXPECT_EQ(inputs.numbers[2 * Int8x8::kGroup + 2], 64);
}

INSTANTIATE_TEST_SUITE_P(Levels, PanelLevelsTest, testing::ValuesIn(kLevels),
                         [](const auto& info) { return std::string(isa_name(info.param)); });

}  // namespace
}  // namespace deepseekocr::kernels
