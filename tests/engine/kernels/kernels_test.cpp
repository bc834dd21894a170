// SPDX-License-Identifier: MIT
// Every kernel of every instruction set that this processor has, against plain loops in double.
#include "kernels/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <vector>

#include "levels.h"

namespace deepseekocr::kernels {
namespace {

/// Values in [-1, 1) that bfloat16 holds exactly.
template <typename T>
std::vector<T> numbers(int64_t count, uint32_t seed) {
  std::vector<T> all(static_cast<size_t>(count));
  for (T& value : all) {
    seed = seed * 1664525 + 1013904223;
    const float exact = static_cast<float>(static_cast<int32_t>(seed >> 24) - 128) / 128;
    if constexpr (sizeof(T) == sizeof(float)) {
      value = exact;
    } else {
      uint32_t bits = 0;
      std::memcpy(&bits, &exact, sizeof bits);
      value = static_cast<T>(bits >> 16);
    }
  }
  return all;
}

template <typename T>
const TypedKernels<T>& typed(const Kernels& kernels);
template <>
const TypedKernels<float>& typed<float>(const Kernels& kernels) {
  return kernels.f32;
}
template <>
const TypedKernels<Bf16>& typed<Bf16>(const Kernels& kernels) {
  return kernels.bf16;
}

/// Lengths around every step that a loop may take, and one of the model's.
constexpr int64_t kLengths[] = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 96, 127, 130, 257, 896};

class KernelsTest : public testing::TestWithParam<Isa> {
 protected:
  void SetUp() override {
    if (!has_isa(GetParam())) GTEST_SKIP() << "this processor has no " << isa_name(GetParam());
    kernels_ = kernels_of(GetParam());
    ASSERT_NE(kernels_, nullptr);
  }

  /// @param products  a member of TypedKernels
  template <typename T, typename Products>
  void expect_products(Products products, int64_t rows, int64_t count, int64_t length) {
    // One element more than a row: no row but the first starts at a round address.
    const int64_t stride = length + 1;
    const auto weights = numbers<T>(rows * stride + 1, 1);
    const auto x = numbers<float>(count * stride + 1, 2);
    std::vector<float> out(static_cast<size_t>(count * (rows + 1)), -7);
    (typed<T>(*kernels_).*products)({weights.data() + 1, stride}, rows, {x.data() + 1, stride}, count, length,
                                    {out.data(), rows + 1});
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t r = 0; r < rows; ++r) {
        double sum = 0;
        for (int64_t k = 0; k < length; ++k) sum += double{widen(weights[1 + r * stride + k])} * x[1 + i * stride + k];
        ASSERT_NEAR(out[i * (rows + 1) + r], sum, 1e-4) << "input " << i << ", row " << r << " of " << length;
      }
      ASSERT_EQ(out[i * (rows + 1) + rows], -7) << "wrote behind the last row";
    }
  }

  template <typename T>
  void expect_weighted_sum(int64_t rows, int64_t length) {
    const int64_t stride = length + 3;
    const auto values = numbers<T>(rows * stride + 1, 3);
    const auto factors = numbers<float>(rows, 4);
    std::vector<float> out(static_cast<size_t>(length + 1), -7);
    typed<T>(*kernels_).weighted_sum({values.data() + 1, stride}, factors.data(), rows, length, out.data());
    for (int64_t k = 0; k < length; ++k) {
      double sum = 0;
      for (int64_t r = 0; r < rows; ++r) sum += double{factors[r]} * widen(values[1 + r * stride + k]);
      ASSERT_NEAR(out[k], sum, 1e-4) << k << " of " << length;
    }
    ASSERT_EQ(out[length], -7);
  }

  const Kernels* kernels_ = nullptr;
};

TEST_P(KernelsTest, Products) {
  for (const int64_t length : kLengths) {
    for (const int64_t rows : {0, 1, 2, 5, 9}) {
      for (const int64_t count : {0, 1, 2, 3, 4, 5, 16}) {
        expect_products<float>(&TypedKernels<float>::products, rows, count, length);
        expect_products<Bf16>(&TypedKernels<Bf16>::products, rows, count, length);
        expect_products<float>(&TypedKernels<float>::many_products, rows, count, length);
        expect_products<Bf16>(&TypedKernels<Bf16>::many_products, rows, count, length);
      }
    }
  }
}

using Bf16Products = decltype(TypedKernels<Bf16>::products);

void expect_the_same_alone(Bf16Products products) {
  constexpr int64_t kRows = 7, kCount = 6, kLength = 203;
  const auto weights = numbers<Bf16>(kRows * kLength, 1);
  auto x = numbers<float>(kCount * kLength, 2);
  for (float& value : x) value *= 0.3F;  // sums that are rounded
  std::vector<float> together(kCount * kRows), alone(1);
  products({weights.data(), kLength}, kRows, {x.data(), kLength}, kCount, kLength, {together.data(), kRows});
  for (int64_t i = 0; i < kCount; ++i) {
    for (int64_t r = 0; r < kRows; ++r) {
      products({weights.data() + r * kLength, kLength}, 1, {x.data() + i * kLength, kLength}, 1, kLength,
               {alone.data(), 1});
      EXPECT_EQ(alone[0], together[i * kRows + r]) << "input " << i << ", row " << r;
    }
  }
}

TEST_P(KernelsTest, AProductIsTheSameWhateverIsMultipliedBesideIt) {
  for (const auto products : {&TypedKernels<Bf16>::products, &TypedKernels<Bf16>::many_products})
    expect_the_same_alone(kernels_->bf16.*products);
}

TEST_P(KernelsTest, WeightedSum) {
  for (const int64_t length : kLengths) {
    for (const int64_t rows : {0, 1, 4, 33}) {
      expect_weighted_sum<float>(rows, length);
      expect_weighted_sum<Bf16>(rows, length);
    }
  }
}

TEST_P(KernelsTest, RoundingIsToTheNearestAndToEven) {
  const std::vector<std::pair<uint32_t, Bf16>> cases = {
      {0x3f800000, 0x3f80}, {0x3f807fff, 0x3f80}, {0x3f808000, 0x3f80}, {0x3f808001, 0x3f81}, {0x3f818000, 0x3f82},
      {0xbf808001, 0xbf81}, {0x00000000, 0x0000}, {0x80000000, 0x8000}, {0x7f7fffff, 0x7f80}, {0x7f800000, 0x7f80}};
  for (const int64_t length : {1, 8, 16, 29}) {
    for (const auto& [bits, expected] : cases) {
      float value = 0;
      std::memcpy(&value, &bits, sizeof value);
      const std::vector<float> in(static_cast<size_t>(length), value);
      std::vector<Bf16> out(static_cast<size_t>(length + 1), 7);
      kernels_->bf16.round(in.data(), length, out.data());
      for (int64_t i = 0; i < length; ++i) EXPECT_EQ(out[i], expected) << std::hex << bits;
      EXPECT_EQ(out[length], 7);
    }
  }
}

TEST_P(KernelsTest, SoftmaxTerms) {
  for (const int64_t length : kLengths) {
    if (length == 0) continue;
    auto x = numbers<float>(length, 5);
    for (float& value : x) value *= 40;
    const std::vector<float> before = x;
    const float sum = kernels_->softmax_terms(x.data(), length, 0.5F);
    const double largest = *std::max_element(before.begin(), before.end());
    double expected = 0;
    for (int64_t k = 0; k < length; ++k) {
      const double term = std::exp(0.5 * (before[k] - largest));
      ASSERT_NEAR(x[k], term, 1e-6 * term + 1e-37) << k << " of " << length;
      expected += term;
    }
    EXPECT_NEAR(sum, expected, 1e-5 * expected);
  }
}

TEST_P(KernelsTest, SiluTimes) {
  for (const int64_t length : kLengths) {
    auto gate = numbers<float>(length, 6);
    const auto up = numbers<float>(length, 7);
    for (float& value : gate) value *= 120;  // also where e^x is beyond float32
    std::vector<float> out(static_cast<size_t>(length));
    kernels_->silu_times(gate.data(), up.data(), length, out.data());
    for (int64_t k = 0; k < length; ++k) {
      const double expected = gate[k] / (1 + std::exp(-double{gate[k]})) * up[k];
      ASSERT_NEAR(out[k], expected, 1e-5 * std::abs(expected) + 1e-30) << gate[k];
    }
  }
}

TEST_P(KernelsTest, Gelus) {
  for (const int64_t length : kLengths) {
    const auto in = numbers<float>(length, 1), bias = numbers<float>(length, 2);
    for (const float factor : {0.5F, 8.0F}) {
      std::vector<float> exact(in), quick(in);
      for (float& value : exact) value *= factor;
      quick = exact;
      const std::vector<float> x = exact;
      kernels_->gelu(exact.data(), bias.data(), length);
      kernels_->quick_gelu(quick.data(), bias.data(), length);
      for (size_t k = 0; k < x.size(); ++k) {
        const double value = double{x[k]} + bias[k];
        ASSERT_NEAR(exact[k], value / 2 * std::erfc(-value / std::sqrt(2.0)), 3e-7 * std::max(1.0, std::abs(value)));
        ASSERT_NEAR(quick[k], value / (1 + std::exp(-1.702 * value)), 3e-7 * std::max(1.0, std::abs(value)));
      }
    }
  }
}

TEST_P(KernelsTest, GelusOfExtremes) {
  std::vector<float> exact = {-1e30F, 1e30F, 0, std::nanf("")}, quick = exact;
  const std::vector<float> none(exact.size(), 0);
  kernels_->gelu(exact.data(), none.data(), std::ssize(exact));
  kernels_->quick_gelu(quick.data(), none.data(), std::ssize(quick));
  for (const auto& got : {exact, quick}) {
    EXPECT_NEAR(got[0], 0, 1e-6);
    EXPECT_EQ(got[1], 1e30F);
    EXPECT_EQ(got[2], 0);
    EXPECT_TRUE(std::isnan(got[3]));
  }
}

TEST_P(KernelsTest, WeightedSums) {
  for (const int64_t length : kLengths) {
    for (const int64_t rows : {0, 1, 5, 64}) {
      for (const int64_t count : {0, 1, 2, 5, 6, 15}) {
        const auto values = numbers<float>(rows * (length + 3), 1), factors = numbers<float>(count * (rows + 1), 2);
        std::vector<float> out(static_cast<size_t>(count * (length + 1)), -7);
        kernels_->weighted_sums({factors.data(), rows + 1}, count, {values.data(), length + 3}, rows, length,
                                {out.data(), length + 1});
        for (int64_t i = 0; i < count; ++i) {
          for (int64_t k = 0; k < length; ++k) {
            double sum = 0;
            for (int64_t r = 0; r < rows; ++r)
              sum += double{factors[i * (rows + 1) + r]} * values[r * (length + 3) + k];
            ASSERT_NEAR(out[i * (length + 1) + k], sum, 1e-5) << count << ", " << rows << ", " << length;
          }
          ASSERT_EQ(out[i * (length + 1) + length], -7) << "wrote behind the last column";
        }
      }
    }
  }
}

TEST_P(KernelsTest, AddGrid) {
  for (const int64_t columns : {1, 7, 8, 14, 33}) {
    const auto by_row = numbers<float>(3, 1), by_column = numbers<float>(columns, 2),
               x = numbers<float>(3 * columns, 3);
    std::vector<float> got = x;
    kernels_->add_grid(got.data(), by_row.data(), 3, by_column.data(), columns, 8);
    for (int64_t i = 0; i < 3 * columns; ++i)
      ASSERT_NEAR(got[i], x[i] + 8 * (double{by_row[i / columns]} + by_column[i % columns]), 1e-5);
  }
}

TEST_P(KernelsTest, RmsNorm) {
  for (const int64_t length : kLengths) {
    if (length == 0) continue;
    const auto x = numbers<float>(length, 8), weight = numbers<float>(length, 9);
    std::vector<float> out(static_cast<size_t>(length));
    kernels_->rms_norm(x.data(), weight.data(), length, 1e-3F, out.data());
    double squares = 0;
    for (const float value : x) squares += double{value} * value;
    for (int64_t k = 0; k < length; ++k)
      ASSERT_NEAR(out[k], weight[k] * x[k] / std::sqrt(squares / static_cast<double>(length) + 1e-3F), 1e-5);
  }
}

TEST_P(KernelsTest, WhatIsNotANumberStaysSo) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  for (const int64_t place : {0, 5, 16, 39}) {
    auto x = numbers<float>(40, 1);
    x[place] = kNan;
    const std::vector<float> in = x, ones(40, 1);
    std::vector<float> out(40);
    kernels_->silu_times(in.data(), ones.data(), 40, out.data());
    EXPECT_TRUE(std::isnan(out[place]));
    kernels_->rms_norm(in.data(), ones.data(), 40, 0, out.data());
    EXPECT_TRUE(std::isnan(out[0]));
    EXPECT_TRUE(std::isnan(kernels_->softmax_terms(x.data(), 40, 1)));
  }
}

INSTANTIATE_TEST_SUITE_P(Levels, KernelsTest, testing::ValuesIn(kLevels),
                         [](const auto& info) { return std::string(isa_name(info.param)); });

TEST(Isa, NamesAreReadBack) {
  for (const Isa isa : {Isa::none, Isa::avx2, Isa::avxvnni, Isa::avx512, Isa::avx512vnni})
    EXPECT_EQ(parse_isa(isa_name(isa)), isa);
  EXPECT_EQ(parse_isa("avx9"), std::nullopt);
  EXPECT_EQ(parse_isa(""), std::nullopt);
}

TEST(Isa, AWrongNameIsTold) {
  unsetenv("DEEPSEEKOCR_ISA");
  EXPECT_EQ(isa_complaint(), "");
  setenv("DEEPSEEKOCR_ISA", "avx9", 1);
  EXPECT_NE(isa_complaint().find("\"avx9\""), std::string::npos);
  EXPECT_NE(isa_complaint().find("none, avx2, avxvnni, avx512 or avx512vnni"), std::string::npos);
  unsetenv("DEEPSEEKOCR_ISA");
}

}  // namespace
}  // namespace deepseekocr::kernels
