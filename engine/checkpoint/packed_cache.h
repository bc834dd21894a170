// SPDX-License-Identifier: MIT
// Packed weights in a file beside the checkpoint: packing takes seconds, reading what was packed does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_set>

#include "checkpoint/packed_file.h"

namespace deepseekocr {

/// Which file of which folder, for what.
struct PackedCachePlace {
  std::filesystem::path file;
  std::string key;     ///< what its contents depend on
  uint64_t bytes = 0;  ///< about what it will have
};

/// The file for a checkpoint folder, an adapter folder (empty: none) and a precision: one that became stale is in the
/// way of the one that replaces it, so no files pile up.
std::filesystem::path packed_cache_file(const std::filesystem::path& folder, const std::filesystem::path& checkpoint,
                                        const std::filesystem::path& adapter, const std::string& precision);

/// One load of a model with a packed cache.  Where there is a file for the key, blocks are read from it; else the
/// blocks that the model gives are written to a new one.  A file for another key, and one that turns out to be damaged,
/// is replaced: blocks that were read and found good are taken over, the others are asked for again.
///
/// Nothing that goes wrong is an error: the model is loaded as without a cache, and one sentence says why.  Of several
/// processes that find no file one writes it.  Not thread-safe.
class PackedCache {
 public:
  using Note = std::function<void(const std::string& sentence)>;

  /// Makes the folder if it is missing.
  /// @param run   shares reading and checksums among threads
  /// @param note  gets at most one sentence
  PackedCache(PackedCachePlace place, RunParts run, Note note);

  /// @return whether `out` was filled; else it is undefined, and add() wants the block
  bool read(const std::string& name, std::span<std::byte> out);
  /// Keeps a block that read() did not give; one that the file has already is not written again.  Names must come in
  /// the same order in each load.
  void add(const std::string& name, std::span<const std::byte> data);
  /// After the last block.  A cache without it leaves no file.
  void finish();

 private:
  void open();
  void write();
  void replace(const std::string& reason);
  void take_over(const PackedFile& old);
  void give_up(const std::string& reason);
  void note(const std::string& sentence);

  PackedCachePlace place_;
  RunParts run_;
  Note note_;
  std::unique_ptr<PackedFile> file_;          ///< that is read; NULL: none
  std::unique_ptr<PackedFileWriter> writer_;  ///< NULL: none
  size_t read_ = 0;                           ///< blocks of file_
  std::unordered_set<std::string> written_;   ///< names of blocks
};

}  // namespace deepseekocr
