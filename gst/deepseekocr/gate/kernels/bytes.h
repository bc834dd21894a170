// SPDX-License-Identifier: MIT
// Arithmetic on vectors of bytes, in the vector extension that GCC and Clang share.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

#include "deepseekocr/gate/kernels/kernels.h"

namespace deepseekocr::plugin::GATE_VARIANT {

#ifdef __AVX2__
constexpr int32_t kLanes = 32;
#else
constexpr int32_t kLanes = 16;
#endif
static_assert(kBlock % kLanes == 0);

using Bytes [[gnu::vector_size(kLanes)]] = uint8_t;
using Pairs [[gnu::vector_size(kLanes)]] = uint16_t;
using Fours [[gnu::vector_size(kLanes)]] = uint32_t;
using Eights [[gnu::vector_size(kLanes)]] = uint64_t;

/// Two and four bytes of which the first is 255 and the others are 0.
constexpr uint16_t kFirstOfPair = std::endian::native == std::endian::little ? 0x00ff : 0xff00;
constexpr uint32_t kFirstOfFour = std::endian::native == std::endian::little ? 0x000000ff : 0xff000000;

inline Bytes load(const uint8_t* from) {
  Bytes bytes;
  std::memcpy(&bytes, from, sizeof bytes);
  return bytes;
}
inline void store(Bytes bytes, uint8_t* to) {
  std::memcpy(to, &bytes, sizeof bytes);
}

inline Bytes all(uint8_t value) {
  return Bytes{} + value;
}
inline Bytes least(Bytes a, Bytes b) {
  return a < b ? a : b;
}
inline Bytes most(Bytes a, Bytes b) {
  return a > b ? a : b;
}
/// a - b, not below 0.
inline Bytes excess(Bytes a, Bytes b) {
  return most(a, b) - b;
}
/// |a - b|
inline Bytes gap(Bytes a, Bytes b) {
  return most(a, b) - least(a, b);
}
/// 255 where a >= b, else 0; subtracting it counts.
inline Bytes at_least(Bytes a, Bytes b) {
  return reinterpret_cast<Bytes>(a >= b);
}

/// Moves what is `bits` further on in each eight bytes to the front; zeros follow.
inline Bytes to_front(Bytes bytes, int bits) {
  const auto eights = reinterpret_cast<Eights>(bytes);
  return reinterpret_cast<Bytes>(std::endian::native == std::endian::little ? eights >> bits : eights << bits);
}

/// The other way: what is in front moves back.
inline Bytes to_back(Bytes bytes, int bits) {
  const auto eights = reinterpret_cast<Eights>(bytes);
  return reinterpret_cast<Bytes>(std::endian::native == std::endian::little ? eights << bits : eights >> bits);
}

// Of each eight bytes, in the first of them; the others are of no use.
inline Bytes most_of_eights(Bytes bytes) {
  for (int bits = 32; bits >= 8; bits /= 2) bytes = most(bytes, to_front(bytes, bits));
  return bytes;
}
inline Bytes least_of_eights(Bytes bytes) {
  return ~most_of_eights(~bytes);
}
/// Sums below 256.
inline Bytes sum_of_eights(Bytes bytes) {
  for (int bits = 32; bits >= 8; bits /= 2) bytes += to_front(bytes, bits);
  return bytes;
}

/// Writes the first byte of each eight.
inline void store_cells(Bytes bytes, uint8_t* cells) {
  uint8_t buffer[kLanes];
  store(bytes, buffer);
  for (int32_t i = 0; i < kLanes / kCell; ++i) cells[i] = buffer[i * kCell];
}

/// The first byte of each eight as a number.
inline Eights first_of_eights(Bytes bytes) {
  constexpr int kOthers = 56;
  const auto eights = reinterpret_cast<Eights>(bytes);
  return std::endian::native == std::endian::little ? eights << kOthers >> kOthers : eights >> kOthers;
}

/// Each number, below 256, as eight bytes.
inline Bytes spread(Eights numbers) {
  for (int bits = 8; bits <= 32; bits *= 2) numbers |= numbers << bits;
  return reinterpret_cast<Bytes>(numbers);
}

/// Each of the cells' bytes eight times.
inline Bytes spread_cells(const uint8_t* cells) {
  using Cells [[gnu::vector_size(kLanes / kCell)]] = uint8_t;
  Cells bytes;
  std::memcpy(&bytes, cells, sizeof bytes);
  return spread(__builtin_convertvector(bytes, Eights));
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
