// SPDX-License-Identifier: MIT
// A file that is read at given places, with errors as sentences.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace deepseekocr {

/// An open regular file.  read_at() may be called from several threads at once.
class RandomAccessFile {
 public:
  /// @throws EngineError(DSOCR_NOT_FOUND) if there is no such file, CheckpointError if it cannot be opened or is not a
  /// regular file (a folder, a pipe).
  explicit RandomAccessFile(const std::filesystem::path& path);
  RandomAccessFile(RandomAccessFile&& other) noexcept;
  RandomAccessFile& operator=(RandomAccessFile&& other) noexcept;
  RandomAccessFile(const RandomAccessFile&) = delete;
  RandomAccessFile& operator=(const RandomAccessFile&) = delete;
  ~RandomAccessFile();

  const std::filesystem::path& path() const { return path_; }
  /// Bytes, as of opening.
  uint64_t size() const { return size_; }
  /// When it was last written to, as of opening: nanoseconds since 1970.
  int64_t modified() const { return modified_; }

  /// Reads exactly `bytes` bytes from `offset` on.
  /// @throws CheckpointError on a device error or if the file has become shorter.
  void read_at(uint64_t offset, void* destination, size_t bytes) const;

 private:
  std::filesystem::path path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  int64_t modified_ = 0;
};

/// Writes all of `data` behind what a descriptor has.  @return false, with errno set, if that failed
bool write_all(int descriptor, const void* data, size_t bytes);

/// The whole of a small text file.
/// @throws as RandomAccessFile does, and CheckpointError if it is larger than `max_bytes` (nothing is allocated then).
std::string read_text_file(const std::filesystem::path& path, uint64_t max_bytes);

}  // namespace deepseekocr
