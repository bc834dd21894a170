// SPDX-License-Identifier: MIT
// Philox-4x64-10, the counter-based random generator of Salmon, Moraes, Dror and Shaw (2011), as NumPy numbers it.
#pragma once

#include <array>
#include <cstdint>

namespace deepseekocr::test {

/// Four 64-bit outputs of one counter value; any place of the stream can be computed at once.
using PhiloxBlock = std::array<uint64_t, 4>;

/// Block `index` of the stream of `key`.  NumPy counts before it draws: its first block is index 0 here, and is made
/// from counter 1.
PhiloxBlock philox_block(const std::array<uint64_t, 2>& key, uint64_t index);

}  // namespace deepseekocr::test
