// SPDX-License-Identifier: MIT
// Reading safetensors files: 8 bytes of header length (little endian), a JSON header, the tensors' bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/element_type.h"
#include "checkpoint/file.h"

namespace deepseekocr {

/// Number formats that a safetensors file may state.
enum class StorageType { boolean, u8, i8, f8_e4m3, f8_e5m2, u16, i16, f16, bf16, u32, i32, f32, u64, i64, f64 };

/// Bytes of one element.
size_t storage_size(StorageType type);
/// The name in the header: "F32", "BOOL", …
const char* storage_name(StorageType type);
/// The format as that of a weight; none where weights are not stored so.
std::optional<ElementType> element_type_of(StorageType type);
/// For messages: "[3, 4]".
std::string shape_text(const std::vector<int64_t>& shape);

/// A tensor of a file.
struct SafetensorsEntry {
  std::string name;
  StorageType type = StorageType::f32;
  std::vector<int64_t> shape;  ///< row-major; empty: a scalar
  uint64_t offset = 0;         ///< bytes from the start of the file
  uint64_t bytes = 0;
};

/// Longest header that is accepted (the format's own limit).
constexpr uint64_t max_safetensors_header = 100'000'000;

/// Parses and checks the JSON header: known dtypes, no name twice, byte counts that equal shape × dtype, offsets inside
/// the file, no overlaps.  Nothing is allocated beyond a small multiple of the header's own length.
/// @param header     the JSON text, padding included.
/// @param file_size  bytes of the whole file; the tensors' bytes lie between 8 + header.size() and it.
/// @param origin     the file's name for messages.
/// @return the tensors in the order of the header.
/// @throws CheckpointError naming the file, the tensor and what is wrong.
std::vector<SafetensorsEntry> parse_safetensors_header(std::string_view header, uint64_t file_size,
                                                       const std::string& origin);

/// An open safetensors file whose header was checked.  All const functions may be called from several threads at once.
class SafetensorsFile {
 public:
  /// Reads and checks the header only.
  /// @throws EngineError(DSOCR_NOT_FOUND) / CheckpointError naming the file and what is wrong.
  static SafetensorsFile open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return file_.path(); }
  /// In the order of the header.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  std::vector<std::string> names() const;
  /// One line of JSON: canonical path, size, time of the last change, SHA-256 of the header.  Another whenever the file
  /// was replaced or written to.  @throws CheckpointError
  std::string identity() const;
  /// nullptr if there is no such tensor.
  const SafetensorsEntry* find(std::string_view name) const;
  /// @throws CheckpointError if there is no such tensor.
  const SafetensorsEntry& info(std::string_view name) const;

  /// Reads part of a tensor: `bytes` bytes from byte `begin` of it on, as stored.
  /// @throws CheckpointError on a read error, ArgumentError if the part is not inside the tensor.
  void read(const SafetensorsEntry& entry, uint64_t begin, void* destination, size_t bytes) const;
  /// A whole tensor, as stored.
  std::vector<std::byte> read(std::string_view name) const;

 private:
  SafetensorsFile(RandomAccessFile file, std::vector<SafetensorsEntry> entries);

  RandomAccessFile file_;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, size_t, std::less<>> index_;  // name → place in entries_
};

}  // namespace deepseekocr
