// SPDX-License-Identifier: MIT
// Self-attention of a decoder layer (specification 1.5): plain multi-head with rotary positions.
#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>

#include "checkpoint/model_config.h"
#include "model/weight_loader.h"
#include "operations/operations.h"
#include "operations/weights.h"

namespace deepseekocr {

class Attention {
 public:
  /// @param prefix "model.layers.N.self_attn."
  Attention(const DecoderConfig& config, const std::string& prefix, WeightLoader& loader);

  /// @param x (rows, hidden), normalised; the rows of slices[0], then those of slices[1], …
  /// @return (rows, hidden), before the residual is added
  at::Tensor forward(const at::Tensor& x, const operations::RopeTable& rope,
                     std::span<const operations::CacheSlice> slices) const;

  const operations::Weights& qkv() const { return qkv_; }
  const operations::Weights& out() const { return out_; }

 private:
  int heads_;
  operations::Weights qkv_;  ///< (3·hidden, hidden): queries, keys, values
  operations::Weights out_;  ///< (hidden, hidden)
};

}  // namespace deepseekocr
