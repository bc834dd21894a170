// SPDX-License-Identifier: MIT
#include "checkpoint/crc32c.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace deepseekocr {
namespace {

std::vector<uint8_t> random_bytes(size_t count) {
  std::mt19937 random(static_cast<unsigned>(count));
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

/// Bit by bit, as the polynomial is written.
uint32_t by_definition(const uint8_t* data, size_t bytes) {
  uint32_t state = 0xffffffff;
  for (size_t i = 0; i < bytes; ++i) {
    state ^= data[i];
    for (int bit = 0; bit < 8; ++bit) state = state & 1 ? state >> 1 ^ 0x82f63b78 : state >> 1;
  }
  return ~state;
}

// The check value of CRC-32C, and the examples of RFC 3720, B.4.
TEST(Crc32c, KnowsPublishedValues) {
  EXPECT_EQ(crc32c("123456789", 9), 0xe3069283u);
  EXPECT_EQ(crc32c("", 0), 0u);
  std::vector<uint8_t> bytes(32);
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x8a9136aau);
  bytes.assign(32, 0xff);
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x62a8ab43u);
  for (uint8_t i = 0; i < 32; ++i) bytes[i] = i;
  EXPECT_EQ(crc32c(bytes.data(), bytes.size()), 0x46dd794eu);
}

TEST(Crc32c, IsThatOfItsDefinitionForEveryLength) {
  const std::vector<uint8_t> bytes = random_bytes(200);
  for (size_t first = 0; first < 9; ++first) {
    for (size_t count = 0; first + count <= bytes.size(); ++count)
      ASSERT_EQ(crc32c(bytes.data() + first, count), by_definition(bytes.data() + first, count))
          << count << " bytes from " << first;
  }
}

TEST(Crc32c, OfQuartersIsThatOfFourMessages) {
  for (const size_t count : {0ul, 1ul, 31ul, 32ul, 33ul, 63ul, 64ul, 1000ul, 65535ul, 65536ul}) {
    const std::vector<uint8_t> bytes = random_bytes(count);
    const size_t quarter = count / 32 * 8;
    std::vector<uint8_t> sums;
    for (size_t i = 0; i < 4; ++i) {
      const uint32_t sum = by_definition(bytes.data() + i * quarter, i < 3 ? quarter : count - 3 * quarter);
      for (int shift = 0; shift < 32; shift += 8) sums.push_back(static_cast<uint8_t>(sum >> shift));
    }
    EXPECT_EQ(crc32c_of_quarters(bytes.data(), count), by_definition(sums.data(), sums.size())) << count;
  }
}

TEST(Crc32c, OfQuartersNoticesEveryBit) {
  std::vector<uint8_t> bytes = random_bytes(150);
  const uint32_t whole = crc32c_of_quarters(bytes.data(), bytes.size());
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
    ASSERT_NE(crc32c_of_quarters(bytes.data(), bytes.size()), whole) << "bit " << bit;
    bytes[bit / 8] ^= static_cast<uint8_t>(1 << bit % 8);
  }
}

}  // namespace
}  // namespace deepseekocr
