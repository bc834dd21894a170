// SPDX-License-Identifier: MIT
// Writing safetensors files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "checkpoint/safetensors.h"

namespace deepseekocr {

/// What stands before the data of a safetensors file that holds tensors of these names, dtypes and shapes one after the
/// other: header length and header, padded with spaces to a multiple of 8 bytes.  Sets `offset` (from the start of the
/// file) and `bytes` of each entry.
std::string safetensors_preamble(std::vector<SafetensorsEntry>& entries);

/// Collects tensors and writes them to one file.
class SafetensorsWriter {
 public:
  /// Copies a tensor's data.
  /// @param data  row-major, product of `shape` × storage_size(type) bytes.
  /// @throws ArgumentError for a name that was added before, a negative extent, or `bytes` that do not fit the shape.
  void add(const std::string& name, StorageType type, const std::vector<int64_t>& shape, const void* data,
           size_t bytes);

  /// Writes the file beside its place and renames it, so that readers see the whole file or none.  Tensors with wide
  /// elements come first: every tensor is aligned to its element, with no gaps.
  /// @throws EngineError(DSOCR_INVALID_ARGUMENT) naming the file that cannot be written.
  void write(const std::filesystem::path& path) const;

 private:
  struct Tensor {
    SafetensorsEntry entry;
    std::vector<std::byte> data;
  };
  std::vector<Tensor> tensors_;
};

}  // namespace deepseekocr
