// SPDX-License-Identifier: MIT
#include "model/attention.h"

namespace deepseekocr {

Attention::Attention(const DecoderConfig& config, const std::string& prefix, WeightLoader& loader)
    : heads_(config.heads),
      qkv_(loader.load_matrices({prefix + "q_proj.weight", prefix + "k_proj.weight", prefix + "v_proj.weight"})),
      out_(loader.load_matrices({prefix + "o_proj.weight"})) {}

at::Tensor Attention::forward(const at::Tensor& x, const operations::RopeTable& rope,
                              std::span<const operations::CacheSlice> slices) const {
  return operations::project(operations::cached_attention(operations::project(x, qkv_), rope, heads_, slices), out_);
}

}  // namespace deepseekocr
