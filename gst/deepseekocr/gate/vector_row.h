// SPDX-License-Identifier: MIT
// Steps of loops over a row of bytes, written so that compilers turn them into vector code: no branch, no wider type.
#pragma once

#include <cstdint>
#include <cstring>

namespace deepseekocr::plugin {

constexpr uint8_t least(uint8_t a, uint8_t b) {
  return a < b ? a : b;
}
constexpr uint8_t most(uint8_t a, uint8_t b) {
  return a > b ? a : b;
}
/// a - b, not below 0.
constexpr uint8_t excess(uint8_t a, uint8_t b) {
  return static_cast<uint8_t>(most(a, b) - b);
}
/// |a - b|
constexpr uint8_t gap(uint8_t a, uint8_t b) {
  return static_cast<uint8_t>(most(a, b) - least(a, b));
}
/// 255 or 0; subtracting it counts.
constexpr uint8_t mask_of(bool condition) {
  return static_cast<uint8_t>(-static_cast<int>(condition));
}

/// Bytes behind a row that most_of_eights() and least_of_eights() read but do not use.
constexpr int32_t kReadAhead = 8;

/// The highest of each eight bytes of `row`, which is overwritten.  @param count  of eights
inline void most_of_eights(uint8_t* row, int32_t count, uint8_t* out) {
  const int32_t width = 8 * count;
  for (int32_t x = 0; x < width; ++x) row[x] = most(row[x], row[x + 4]);
  for (int32_t x = 0; x < width; ++x) row[x] = most(row[x], row[x + 2]);
  for (int32_t x = 0; x < width; ++x) row[x] = most(row[x], row[x + 1]);
  for (int32_t i = 0; i < count; ++i) out[i] = row[8 * i];
}

/// The lowest of each eight bytes of `row`, which is overwritten.
inline void least_of_eights(uint8_t* row, int32_t count, uint8_t* out) {
  const int32_t width = 8 * count;
  for (int32_t x = 0; x < width; ++x) row[x] = least(row[x], row[x + 4]);
  for (int32_t x = 0; x < width; ++x) row[x] = least(row[x], row[x + 2]);
  for (int32_t x = 0; x < width; ++x) row[x] = least(row[x], row[x + 1]);
  for (int32_t i = 0; i < count; ++i) out[i] = row[8 * i];
}

/// Sum of eight bytes that is below 256.
inline uint8_t sum_of_eight(const uint8_t* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return static_cast<uint8_t>((word * 0x0101010101010101u) >> 56);
}

}  // namespace deepseekocr::plugin
