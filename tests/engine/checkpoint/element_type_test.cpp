// SPDX-License-Identifier: MIT
#include "checkpoint/element_type.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace deepseekocr {
namespace {

/// Number format of 16 bits, by its definition.
struct Format {
  ElementType type;
  int exponent_bits;
  int mantissa_bits;

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }

  double value(uint16_t bits) const {
    const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
    const int mantissa = bits & ((1 << mantissa_bits) - 1);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1)
      return mantissa ? std::numeric_limits<double>::quiet_NaN() : sign * std::numeric_limits<double>::infinity();
    if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias() - mantissa_bits);
    return sign * std::ldexp(mantissa + (1 << mantissa_bits), exponent - bias() - mantissa_bits);
  }
};

constexpr Format f16 = {ElementType::f16, 5, 10};
constexpr Format bf16 = {ElementType::bf16, 8, 7};

float widen(const Format& format, uint16_t bits) {
  float value = 0;
  convert_elements(format.type, &bits, ElementType::f32, &value, 1);
  return value;
}

uint16_t narrow(const Format& format, float value) {
  uint16_t bits = 0;
  convert_elements(ElementType::f32, &value, format.type, &bits, 1);
  return bits;
}

class SixteenBits : public testing::TestWithParam<Format> {};

TEST_P(SixteenBits, WidenExactlyAndComeBack) {
  for (uint32_t i = 0; i <= 0xffff; ++i) {
    const auto bits = static_cast<uint16_t>(i);
    const float value = widen(GetParam(), bits);
    if (std::isnan(GetParam().value(bits))) {
      ASSERT_TRUE(std::isnan(value)) << i;
      ASSERT_TRUE(std::isnan(widen(GetParam(), narrow(GetParam(), value)))) << i;
      continue;
    }
    ASSERT_EQ(value, GetParam().value(bits)) << i;
    ASSERT_EQ(std::signbit(value), i >= 0x8000) << i;
    ASSERT_EQ(narrow(GetParam(), value), bits) << i;
  }
}

/// Between two neighbours: below the middle goes down, above it up, the middle to the even one.
TEST_P(SixteenBits, RoundToNearestEven) {
  const int infinity = ((1 << GetParam().exponent_bits) - 1) << GetParam().mantissa_bits;
  for (int i = 0; i + 1 < infinity; ++i) {
    const auto low = static_cast<uint16_t>(i);
    const auto high = static_cast<uint16_t>(i + 1);
    const double middle = (GetParam().value(low) + GetParam().value(high)) / 2;
    const auto exact = static_cast<float>(middle);
    if (exact != middle) continue;  // bf16's smallest: float32 has no such middle
    ASSERT_EQ(narrow(GetParam(), exact), i % 2 ? high : low) << i;
    ASSERT_EQ(narrow(GetParam(), std::nextafter(exact, 0.0f)), low) << i;
    ASSERT_EQ(narrow(GetParam(), std::nextafter(exact, INFINITY)), high) << i;
    ASSERT_EQ(narrow(GetParam(), -exact), 0x8000 | (i % 2 ? high : low)) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, SixteenBits, testing::Values(f16, bf16));

TEST(ElementType, OverflowsToInfinity) {
  EXPECT_EQ(narrow(f16, 65519.0f), 0x7bff);
  EXPECT_EQ(narrow(f16, 65520.0f), 0x7c00);
  EXPECT_EQ(narrow(f16, -1e30f), 0xfc00);
  EXPECT_EQ(narrow(bf16, std::numeric_limits<float>::max()), 0x7f80);
}

TEST(ElementType, KeepsNanWhoseUpperBitsAreZero) {
  const auto nan = std::bit_cast<float>(0x7f800001u);
  EXPECT_TRUE(std::isnan(widen(bf16, narrow(bf16, nan))));
  EXPECT_TRUE(std::isnan(widen(f16, narrow(f16, nan))));
}

TEST(ElementType, ConvertsBetweenTheNarrowFormatsAndUnalignedArrays) {
  std::vector<unsigned char> source(1 + 2 * 3);
  std::vector<unsigned char> target(1 + 2 * 3);
  const uint16_t values[3] = {0x3f80, 0xc000, 0x3eab};  // bf16: 1, -2, 0.333984375
  std::copy_n(reinterpret_cast<const unsigned char*>(values), 6, source.data() + 1);
  convert_elements(ElementType::bf16, source.data() + 1, ElementType::f16, target.data() + 1, 3);
  const unsigned char expected[6] = {0x00, 0x3c, 0x00, 0xc0, 0x58, 0x35};  // f16: 1, -2, 0.333984375
  EXPECT_TRUE(std::equal(expected, expected + 6, target.data() + 1));
}

}  // namespace
}  // namespace deepseekocr
