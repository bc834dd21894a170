// SPDX-License-Identifier: MIT
// A checkpoint folder: which tensors it holds, and reading them straight to where they are needed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/element_type.h"
#include "checkpoint/model_config.h"

namespace deepseekocr {

/// Where a tensor lies and what it is.
struct TensorInfo {
  ElementType type = ElementType::bf16;
  std::vector<int64_t> shape;
  int shard = 0;
  uint64_t offset = 0;  ///< bytes from the start of the shard file
  uint64_t bytes = 0;
};

/// A name and the shape that a model of some configuration needs.
struct TensorRequirement {
  std::string name;
  std::vector<int64_t> shape;
};

/// The tensors that `config` asks for, from the picture's side to the logits (specification 2).  Two that some files
/// hold are not among them and are ignored like every other extra tensor, because the network never uses them: CLIP's
/// `embeddings.patch_embedding.weight` (its patches come from SAM) and `embeddings.position_ids`.
std::vector<TensorRequirement> required_tensors(const ModelConfig& config);

/// An opened checkpoint folder.  Opening reads and checks config.json and every safetensors header (one file, the
/// official odd name, or shards with an index): sizes, offsets, overlaps, truncation, names, dtypes and shapes, all
/// against the configuration and the file before any weight is read.  All const functions may be called from
/// several threads at once.  A handle: copies share the open files.
class Checkpoint {
 public:
  /// @param adapter  folder of a LoRA adapter in PEFT's layout; what is read then is the merged weights.  Empty: none.
  /// @throws CheckpointError / EngineError(DSOCR_NOT_FOUND) naming the file, the tensor and what was expected; and
  /// EngineError(DSOCR_UNSUPPORTED) naming what an adapter asks for in vain.
  static Checkpoint open(const std::filesystem::path& directory, const std::filesystem::path& adapter = {});

  const std::filesystem::path& directory() const;
  const ModelConfig& config() const;
  /// Which weights these are: the identities of all safetensors files that they are in (SafetensorsFile::identity()), a
  /// line each, and the adapter's (adapter_identity()).  For the names of what was made from them.
  /// @throws CheckpointError
  std::string identity() const;
  /// `directory`/tokenizer.json if that file exists, else empty.
  std::filesystem::path tokenizer_path() const;

  const TensorInfo& info(const std::string& name) const;
  /// Number of weights, and bytes on disk, of all required tensors.
  uint64_t parameter_count() const;
  uint64_t total_bytes() const;

  /// Reads one tensor, converted to `target`, into `destination` (row-major, parameter count × element_size(target)
  /// bytes).  Equal types are read in place; others go through a small buffer, so nothing is held twice.
  /// bf16/f16 → f32 is exact; to bf16 rounds to nearest even.  A weight that an adapter changes is merged in float32
  /// and then converted, some rows at a time.
  /// @throws CheckpointError on a read error or a file that has become shorter.
  void read(const std::string& name, ElementType target, void* destination) const;
  /// The same of `count` elements from element `first` on, which the tensor has.
  void read(const std::string& name, ElementType target, uint64_t first, uint64_t count, void* destination) const;
  /// The same for `count` rows (places of the first axis) from row `first` on.
  void read_rows(const std::string& name, int64_t first, int64_t count, ElementType target, void* destination) const;

 private:
  struct Impl;
  explicit Checkpoint(std::shared_ptr<const Impl> impl);
  void read_part(const std::string& name, uint64_t first, uint64_t count, ElementType target, void* destination) const;
  void read_stored(const std::string& name, uint64_t first, uint64_t count, ElementType target,
                   void* destination) const;
  void read_merged(const std::string& name, uint64_t first, uint64_t count, ElementType target,
                   void* destination) const;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace deepseekocr
