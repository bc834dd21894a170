// SPDX-License-Identifier: MIT
// A LoRA adapter folder in PEFT's layout, merged into a checkpoint's weights while they are read.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/adapter_config.h"
#include "checkpoint/low_rank.h"
#include "checkpoint/safetensors.h"

namespace deepseekocr {

/// Which weights of a checkpoint an adapter changes, and how.  Opening checks adapter_config.json and the header of
/// adapter_model.safetensors against the checkpoint: every tensor must belong to a module that the checkpoint has, with
/// the rank that the configuration states and the module's shape.  Values are read when a weight is.  All const
/// functions may be called from several threads at once.
class Adapter {
 public:
  /// Name → shape of the checkpoint's tensors.
  using Shapes = std::map<std::string, std::vector<int64_t>>;

  /// @throws CheckpointError / EngineError(DSOCR_NOT_FOUND, DSOCR_UNSUPPORTED) naming the file, the tensor or field and
  /// what to do.
  static std::unique_ptr<const Adapter> open(const std::filesystem::path& directory, const Shapes& shapes);

  /// Whether a tensor of the checkpoint is not what it is without the adapter.
  bool changes(const std::string& tensor) const { return changes_.contains(tensor); }
  /// Whether the adapter holds a weight whole, so that the checkpoint's own is not needed.
  bool replaces(const std::string& tensor) const;
  /// Rows first … first + count − 1 of a whole weight in float32, (count, columns).  @throws CheckpointError
  void read_rows(const std::string& tensor, int64_t first, int64_t count, float* rows) const;
  /// Adds the low-rank update, if there is one, to those rows of the checkpoint's weight.
  /// @throws CheckpointError if the values cannot be read or are not finite
  void update_rows(const std::string& tensor, int64_t first, int64_t count, float* rows) const;

 private:
  /// Tensors of the adapter for one weight; pointers into file_.
  struct Change {
    std::vector<int64_t> shape;                   ///< of the weight
    std::string module;                           ///< whose weight it is
    const SafetensorsEntry* whole = nullptr;      ///< instead of the checkpoint's
    const SafetensorsEntry* down = nullptr;       ///< lora_A
    const SafetensorsEntry* up = nullptr;         ///< lora_B
    const SafetensorsEntry* magnitude = nullptr;  ///< of DoRA
    bool of_embedding = false;                    ///< A is (rank, rows) and B is (columns, rank)

    int64_t rows() const { return shape.front(); }
    int64_t columns() const;
  };
  using UpdatePtr = std::shared_ptr<const LowRankUpdate>;

  Adapter(AdapterConfig config, SafetensorsFile file) : config_(std::move(config)), file_(std::move(file)) {}
  void place(const SafetensorsEntry& entry, const Shapes& shapes);
  void check(const Change& change) const;
  void check_saved_modules() const;
  void expect_shape(const SafetensorsEntry& entry, const std::vector<int64_t>& shape, const std::string& why) const;
  std::vector<float> values(const SafetensorsEntry& entry) const;
  UpdatePtr read_update(const Change& change) const;
  UpdatePtr update_of(const std::string& tensor, const Change& change) const;
  std::string subject(const SafetensorsEntry& entry) const;

  AdapterConfig config_;
  SafetensorsFile file_;
  std::map<std::string, Change> changes_;  ///< by the checkpoint's tensor

  /// The updates used last: weights are read one after the other, in many parts; later the embedding and lm_head may be
  /// asked for single rows.
  struct Recent {
    std::string tensor;
    UpdatePtr update;
  };
  mutable std::mutex mutex_;  ///< guards recent_; held while an update is read, which others wait for
  mutable std::vector<Recent> recent_;
};

/// SHA-256 over the two files of an adapter folder, in hexadecimal: equal for equal adapters wherever they lie, and
/// another whenever a byte of them changes.  For the names of what was made from an adapter and a checkpoint.
/// @throws CheckpointError / EngineError(DSOCR_NOT_FOUND)
std::string adapter_identity(const std::filesystem::path& directory);

}  // namespace deepseekocr
