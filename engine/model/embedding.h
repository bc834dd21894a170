// SPDX-License-Identifier: MIT
// Embeddings of token ids.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

#include "checkpoint/checkpoint.h"
#include "model/weight_loader.h"

namespace deepseekocr {

/// Where the weights are packed, the table stays in the checkpoint's file: a step needs one row of it.
class Embedding {
 public:
  explicit Embedding(WeightLoader& loader);

  /// (ids, hidden) in the model's dtype.  @throws ArgumentError for an id outside the vocabulary, CheckpointError if
  /// the file cannot be read
  at::Tensor rows(std::span<const int32_t> ids) const;
  /// One row of a table that stays in the file, rounded to the model's dtype.  @throws as rows()
  void read(int32_t id, float* out) const;
  /// @throws ArgumentError for an id outside the vocabulary
  void check(int32_t id) const;
  /// (vocabulary, hidden); undefined where it stays in the file.
  const at::Tensor& table() const { return table_; }

 private:
  int64_t vocabulary_, hidden_;
  at::TensorOptions options_;
  at::Tensor table_;                ///< (vocabulary, hidden), or undefined
  std::optional<Checkpoint> file_;  ///< where the table is undefined
};

}  // namespace deepseekocr
