// SPDX-License-Identifier: MIT
// The file of a packed cache: blocks of bytes under names, made for one key, each with a checksum.
//
//   64 bytes   "DSOCR packed weights 1", then zeros
//   blocks     each from a multiple of 64 on
//   index      JSON: {"key": text, "blocks": [[name, offset, bytes, checksum], …]}, in the order of the file
//   32 bytes   offset of the index, its bytes, its CRC-32C (64 bits each, little endian), "DSOCRend"
//
// The checksum of a block is the CRC-32C of those of its parts of 64 KiB (crc32c_of_quarters(), little endian), so that
// several threads can read a block, and each checks what it has just put into its processor's cache.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/file.h"

namespace deepseekocr {

/// Calls work(i) for each i < count, by several threads if it likes; returns when all are done.
using RunParts = std::function<void(int64_t count, const std::function<void(int64_t)>& work)>;

struct PackedBlock {
  std::string name;
  uint64_t offset = 0;
  uint64_t bytes = 0;
  uint32_t checksum = 0;
};

class PackedFile {
 public:
  /// Reads and checks all but the blocks.
  /// @return NULL if the file is for another key
  /// @throws EngineError(DSOCR_NOT_FOUND) if there is none, CheckpointError if it is damaged or cannot be read
  static std::unique_ptr<PackedFile> open(const std::filesystem::path& path, std::string_view key);

  /// In the order of the file.
  const std::vector<PackedBlock>& blocks() const { return blocks_; }
  /// Reads a block and checks it.  @throws CheckpointError; `out`, of block.bytes bytes, is undefined then
  void read(const PackedBlock& block, std::byte* out, const RunParts& run) const;

 private:
  PackedFile(RandomAccessFile file, std::vector<PackedBlock> blocks)
      : file_(std::move(file)), blocks_(std::move(blocks)) {}

  RandomAccessFile file_;
  std::vector<PackedBlock> blocks_;
};

/// Writes such a file under a temporary name beside it; there is none before finish().
class PackedFileWriter {
 public:
  /// @return NULL if somebody else is writing the same file
  /// @throws EngineError if the file cannot be made
  static std::unique_ptr<PackedFileWriter> open(const std::filesystem::path& path, std::string key);
  /// Removes what was not finished.
  ~PackedFileWriter();
  PackedFileWriter(const PackedFileWriter&) = delete;
  PackedFileWriter& operator=(const PackedFileWriter&) = delete;

  /// @throws EngineError if it cannot be written
  void add(const std::string& name, std::span<const std::byte> data, const RunParts& run);
  /// On the disk, and in the place of the one before.  @throws EngineError
  void finish();

 private:
  PackedFileWriter(std::filesystem::path path, std::filesystem::path temporary, std::string key, int descriptor);
  void append(const void* data, size_t bytes);
  void pad();
  [[noreturn]] void fail() const;

  std::filesystem::path path_, temporary_;
  std::string key_;
  std::vector<PackedBlock> blocks_;
  int descriptor_;
  uint64_t size_ = 0;
  bool kept_ = false;
};

}  // namespace deepseekocr
