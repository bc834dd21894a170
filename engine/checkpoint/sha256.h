// SPDX-License-Identifier: MIT
// SHA-256 (FIPS 180-4): names what a file holds, without a further library.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace deepseekocr {

/// Takes a message piece by piece.
class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;

  void update(const void* data, size_t bytes);
  /// The hash of everything so far; ends the use of this object.
  Digest finish();

 private:
  void process_block(const uint8_t* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_ = {};
  size_t filled_ = 0;  // bytes of block_
  uint64_t length_ = 0;
};

Sha256::Digest sha256(std::string_view message);

/// Lower-case hexadecimal digits, 64 of them.
std::string sha256_hex(const void* data, size_t bytes);
/// The same of what `hash` took so far; ends its use.
std::string sha256_hex(Sha256& hash);
/// @throws EngineError(DSOCR_NOT_FOUND) / CheckpointError if the file cannot be read.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace deepseekocr
