// SPDX-License-Identifier: MIT
#include "philox.h"

namespace deepseekocr::test {
namespace {

__extension__ using Wide = unsigned __int128;

struct Product {
  uint64_t high;
  uint64_t low;
};

Product multiply(uint64_t a, uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return {static_cast<uint64_t>(product >> 64), static_cast<uint64_t>(product)};
}

}  // namespace

PhiloxBlock philox_block(const std::array<uint64_t, 2>& key, uint64_t index) {
  PhiloxBlock block = {index + 1, 0, 0, 0};
  std::array<uint64_t, 2> round_key = key;
  for (int round = 0; round < 10; ++round) {
    const Product first = multiply(0xD2E7470EE14C6C93u, block[0]);
    const Product second = multiply(0xCA5A826395121157u, block[2]);
    block = {second.high ^ block[1] ^ round_key[0], second.low, first.high ^ block[3] ^ round_key[1], first.low};
    round_key[0] += 0x9E3779B97F4A7C15u;  // golden ratio
    round_key[1] += 0xBB67AE8584CAA73Bu;  // sqrt(3) - 1
  }
  return block;
}

}  // namespace deepseekocr::test
