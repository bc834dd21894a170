// SPDX-License-Identifier: MIT
#include "model/decoder.h"

#include <ATen/TensorOperators.h>
#include <c10/util/Exception.h>

#include <string>

namespace deepseekocr {

Decoder::Decoder(const DecoderConfig& config, WeightLoader& loader)
    : config_(config),
      rope_(operations::rope_table(config.max_positions, config.head_dim(), config.rope_theta,
                                   loader.options().device())),
      embedding_(loader) {
  layers_.reserve(static_cast<size_t>(config.layers));
  for (int i = 0; i < config.layers; ++i) layers_.push_back(load_layer(i, loader));
  norm_ = loader.load_float32("model.norm.weight");
  head_.emplace(loader);
}

operations::DecoderWeights Decoder::weights() const {
  operations::DecoderWeights weights;
  weights.embedding = embedding_.table();
  if (!weights.embedding.defined())
    weights.read_embedding = [this](int32_t id, float* out) { embedding_.read(id, out); };
  weights.norm = norm_;
  weights.lm_head = head_->dense();
  weights.packed_head = head_->packed();
  weights.rope = rope_;
  weights.heads = config_.heads;
  weights.experts_per_token = config_.experts_per_token;
  weights.normalise_weights = config_.norm_topk_prob;
  weights.weight_scale = config_.routed_scaling_factor;
  weights.epsilon = config_.rms_norm_eps;
  for (const Layer& layer : layers_) {
    weights.layers.push_back({layer.input_norm, layer.post_attention_norm, layer.attention.qkv(), layer.attention.out(),
                              std::visit([](const auto& network) { return network.weights(); }, layer.feed_forward)});
  }
  return weights;
}

Decoder::Layer Decoder::load_layer(int index, WeightLoader& loader) const {
  const std::string prefix = "model.layers." + std::to_string(index) + ".", mlp = prefix + "mlp.";
  using FeedForward = std::variant<DenseFeedForward, Experts>;
  return {loader.load_float32(prefix + "input_layernorm.weight"),
          loader.load_float32(prefix + "post_attention_layernorm.weight"),
          Attention(config_, prefix + "self_attn.", loader),
          config_.is_dense(index) ? FeedForward(DenseFeedForward(mlp, loader))
                                  : FeedForward(Experts(config_, mlp, loader))};
}

at::Tensor Decoder::feed_forward(const Layer& layer, int index, const at::Tensor& x, const RunContext& context) const {
  if (const auto* dense = std::get_if<DenseFeedForward>(&layer.feed_forward)) return dense->forward(x);
  const auto& experts = std::get<Experts>(layer.feed_forward);
  const operations::Routing routing = experts.route(x);
  const std::string stage = "decoder.layer" + std::to_string(index);
  context.record(stage + ".experts", routing.experts);
  context.record(stage + ".expert_weights", routing.weights);
  return experts.forward(x, routing);
}

at::Tensor Decoder::forward(at::Tensor x, std::span<KvCache* const> caches, const RunContext& context) const {
  const auto sequences = static_cast<int64_t>(caches.size());
  TORCH_CHECK(sequences == 1 || sequences == x.size(0), "rows do not match sequences");
  const int64_t count = x.size(0) / sequences;
  for (KvCache* cache : caches) cache->reserve(count);
  x = x.to(at::kFloat);  // the residual stream
  std::vector<operations::CacheSlice> slices(caches.size());
  for (int i = 0; i < config_.layers; ++i) {
    context.check();
    const Layer& layer = layers_[static_cast<size_t>(i)];
    for (size_t s = 0; s < caches.size(); ++s) slices[s] = caches[s]->slice(i, count);
    x = x + layer.attention.forward(operations::rms_norm(x, layer.input_norm, config_.rms_norm_eps), rope_, slices);
    x = x + feed_forward(layer, i, operations::rms_norm(x, layer.post_attention_norm, config_.rms_norm_eps), context);
    context.record("decoder.layer" + std::to_string(i), x);
  }
  for (KvCache* cache : caches) cache->advance(count);
  return x;
}

at::Tensor Decoder::final_norm(const at::Tensor& x) const {
  return operations::rms_norm(x, norm_, config_.rms_norm_eps);
}

}  // namespace deepseekocr
