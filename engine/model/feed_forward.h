// SPDX-License-Identifier: MIT
// The two feed-forward networks of decoder layers (specification 1.5): one dense SwiGLU, or a mixture of experts.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "checkpoint/model_config.h"
#include "model/weight_loader.h"
#include "operations/decode_step.h"
#include "operations/operations.h"
#include "operations/weights.h"

namespace deepseekocr {

/// down · (silu(gate x) · (up x))
class DenseFeedForward {
 public:
  /// @param prefix "model.layers.N.mlp." or that of the shared experts
  DenseFeedForward(const std::string& prefix, WeightLoader& loader);
  /// (rows, hidden) → (rows, hidden)
  at::Tensor forward(const at::Tensor& x) const;
  /// For a decode step as one operation.
  operations::FeedForwardWeights weights() const;

 private:
  operations::Weights gate_up_;  ///< (2·width, hidden): gate rows, then up rows
  operations::Weights down_;     ///< (hidden, width)
};

/// Routed experts, packed so that one expert's matrices lie together, and the shared ones as one SwiGLU.
class Experts {
 public:
  /// @param prefix "model.layers.N.mlp."
  Experts(const DecoderConfig& config, const std::string& prefix, WeightLoader& loader);
  /// (rows, hidden) → (rows, hidden); `routing` is what route() gave for x.
  at::Tensor forward(const at::Tensor& x, const operations::Routing& routing) const;
  operations::Routing route(const at::Tensor& x) const;
  /// As that of DenseFeedForward.
  operations::FeedForwardWeights weights() const;

 private:
  int experts_per_token_;
  bool norm_topk_prob_;
  double routed_scaling_factor_;
  at::Tensor gate_;              ///< (experts, hidden), float32
  operations::Weights gate_up_;  ///< (experts · 2·width, hidden): an expert's gate rows, its up rows, the next one's
  operations::Weights down_;     ///< (experts · hidden, width)
  DenseFeedForward shared_;
};

}  // namespace deepseekocr
