// SPDX-License-Identifier: MIT
#include "model/feed_forward.h"

#include <ATen/TensorOperators.h>

#include <variant>

namespace deepseekocr {

DenseFeedForward::DenseFeedForward(const std::string& prefix, WeightLoader& loader)
    : gate_up_(loader.load_matrices({prefix + "gate_proj.weight", prefix + "up_proj.weight"})),
      down_(loader.load_matrices({prefix + "down_proj.weight"})) {}

at::Tensor DenseFeedForward::forward(const at::Tensor& x) const {
  return operations::swiglu(x, gate_up_, down_);
}

operations::FeedForwardWeights DenseFeedForward::weights() const {
  return {{}, {}, {}, gate_up_, down_};
}

Experts::Experts(const DecoderConfig& config, const std::string& prefix, WeightLoader& loader)
    : experts_per_token_(config.experts_per_token),
      norm_topk_prob_(config.norm_topk_prob),
      routed_scaling_factor_(config.routed_scaling_factor),
      gate_(loader.load_float32(prefix + "gate.weight")),
      gate_up_(loader.allocate_matrices(int64_t{2} * config.routed_experts, config.expert_width, config.hidden_size)),
      down_(loader.allocate_matrices(config.routed_experts, config.hidden_size, config.expert_width)),
      shared_(prefix + "shared_experts.", loader) {
  for (int i = 0; i < config.routed_experts; ++i) {
    const std::string expert = prefix + "experts." + std::to_string(i) + ".";
    loader.load_matrix(expert + "gate_proj.weight", gate_up_, int64_t{2} * i);
    loader.load_matrix(expert + "up_proj.weight", gate_up_, int64_t{2} * i + 1);
    loader.load_matrix(expert + "down_proj.weight", down_, i);
  }
}

operations::Routing Experts::route(const at::Tensor& x) const {
  return operations::route(x, gate_, experts_per_token_, norm_topk_prob_, routed_scaling_factor_);
}

at::Tensor Experts::forward(const at::Tensor& x, const operations::Routing& routing) const {
  return operations::routed_experts(x, routing, gate_up_, down_) + shared_.forward(x);
}

operations::FeedForwardWeights Experts::weights() const {
  operations::FeedForwardWeights weights = shared_.weights();
  weights.gate = gate_;
  weights.gate_up = gate_up_;
  weights.down = down_;
  const int64_t experts = gate_.size(0), hidden = gate_.size(1);
  if (auto* dense = std::get_if<at::Tensor>(&weights.gate_up)) *dense = dense->view({experts, -1, hidden});
  if (auto* dense = std::get_if<at::Tensor>(&weights.down)) *dense = dense->view({experts, hidden, -1});
  return weights;
}

}  // namespace deepseekocr
