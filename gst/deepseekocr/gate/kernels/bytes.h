// SPDX-License-Identifier: MIT
// Arithmetic on vectors of bytes, in the vector extension that GCC and Clang share.
#pragma once

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
using Eights [[gnu::vector_size(kLanes)]] = uint64_t;

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

/// Each eight bytes become eight times the result of `join` over them.
template <typename Join>
inline Bytes join_eights(Bytes bytes, Join join) {
  for (int shift = 32; shift >= 8; shift /= 2) {
    const auto eights = reinterpret_cast<Eights>(bytes);
    bytes = join(bytes, reinterpret_cast<Bytes>(eights << shift | eights >> (64 - shift)));
  }
  return bytes;
}
inline Bytes most_of_eights(Bytes bytes) {
  return join_eights(bytes, [](Bytes a, Bytes b) { return most(a, b); });
}
inline Bytes least_of_eights(Bytes bytes) {
  return join_eights(bytes, [](Bytes a, Bytes b) { return least(a, b); });
}
/// Sums below 256.
inline Bytes sum_of_eights(Bytes bytes) {
  return join_eights(bytes, [](Bytes a, Bytes b) { return a + b; });
}

/// Writes the first byte of each eight.
inline void store_cells(Bytes bytes, uint8_t* cells) {
  uint8_t buffer[kLanes];
  store(bytes, buffer);
  for (int32_t i = 0; i < kLanes / kCell; ++i) cells[i] = buffer[i * kCell];
}

/// Each of the cells' bytes eight times.
inline Bytes spread_cells(const uint8_t* cells) {
  uint8_t buffer[kLanes];
  for (int32_t i = 0; i < kLanes / kCell; ++i) std::memset(buffer + i * kCell, cells[i], kCell);
  return load(buffer);
}

}  // namespace deepseekocr::plugin::GATE_VARIANT
