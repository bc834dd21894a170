// SPDX-License-Identifier: MIT
// CRC-32C (Castagnoli): notices data that is not what was written.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deepseekocr {

/// Of one message.  About 8 GB/s where the processor has an instruction for it.
uint32_t crc32c(const void* data, size_t bytes);

/// The CRC-32C of the four CRC-32Cs of a message's quarters, for long messages: the processor works on the quarters at
/// once, about three times as fast.
uint32_t crc32c_of_quarters(const void* data, size_t bytes);

}  // namespace deepseekocr
