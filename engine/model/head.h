// SPDX-License-Identifier: MIT
// From the last hidden state to the next id: lm_head and the greedy choice.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "model/weight_loader.h"
#include "operations/head.h"
#include "operations/operations.h"

namespace deepseekocr {

/// Where the weights are packed, the head is in 8 bits, and its exact rows are read from the checkpoint's file one by
/// one.
class Head {
 public:
  explicit Head(WeightLoader& loader);

  /// (vocabulary, hidden); undefined where it is packed.
  const at::Tensor& dense() const { return dense_; }
  /// NULL where it is not packed.
  const operations::PackedHead* packed() const { return packed_ ? &*packed_ : nullptr; }
  /// Logits of normed rows: float32 on the host, (rows, vocabulary).  Of a packed head, those before any row is exact.
  at::Tensor logits(const at::Tensor& normed) const;
  /// The best id of each normed row that is not banned for it: as many as `banned`.
  /// @param expected  ids of the first rows, as many as there are: behind a choice that is another no row is looked at,
  ///   and none is returned
  std::vector<operations::Choice> choose(const at::Tensor& normed, std::span<const std::span<const int32_t>> banned,
                                         std::span<const int32_t> expected = {}) const;

 private:
  at::Tensor dense_;  ///< (vocabulary, hidden), or undefined
  std::optional<operations::PackedHead> packed_;
};

}  // namespace deepseekocr
