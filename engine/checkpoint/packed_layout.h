// SPDX-License-Identifier: MIT
// What readers and writers of packed_file.h agree on.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "checkpoint/crc32c.h"

namespace deepseekocr::packed_layout {

constexpr size_t kStartBytes = 64;
constexpr size_t kTrailerBytes = 32;
constexpr uint64_t kAlignment = 64;
constexpr uint64_t kPartBytes = 64 * 1024;  ///< of a block, that have a checksum of their own
constexpr uint64_t kMostIndexBytes = 100'000'000;
constexpr std::string_view kStart = "DSOCR packed weights 1";
constexpr std::string_view kEnd = "DSOCRend";

constexpr std::array<char, kStartBytes> start_of_file() {
  std::array<char, kStartBytes> start = {};
  std::copy(kStart.begin(), kStart.end(), start.begin());
  return start;
}

constexpr size_t part_count(uint64_t bytes) {
  return static_cast<size_t>((bytes + kPartBytes - 1) / kPartBytes);
}

/// Where a part begins in its block, and its bytes.
constexpr std::pair<uint64_t, uint64_t> part_of(uint64_t bytes, uint64_t part) {
  const uint64_t first = part * kPartBytes;
  return {first, std::min(kPartBytes, bytes - first)};
}

/// Appends a number, little endian.
template <typename Bytes>
void put(Bytes& bytes, uint64_t number, int count) {
  for (int i = 0; i < count; ++i) bytes.push_back(static_cast<typename Bytes::value_type>(number >> (8 * i) & 0xff));
}

inline uint32_t checksum_of(const std::vector<uint32_t>& parts) {
  std::vector<uint8_t> bytes;
  for (const uint32_t part : parts) put(bytes, part, 4);
  return crc32c(bytes.data(), bytes.size());
}

}  // namespace deepseekocr::packed_layout
