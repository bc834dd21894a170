// SPDX-License-Identifier: MIT
// Names and shapes of the tensors of a DeepSeek-OCR checkpoint (specification 2).
#include <utility>

#include "checkpoint/checkpoint.h"

namespace deepseekocr {
namespace {

class TensorList {
 public:
  void add(std::string name, std::vector<int64_t> shape) { list_.push_back({std::move(name), std::move(shape)}); }
  void add_weight_and_bias(const std::string& name, std::vector<int64_t> shape) {
    const int64_t outputs = shape[0];
    add(name + ".weight", std::move(shape));
    add(name + ".bias", {outputs});
  }
  std::vector<TensorRequirement> take() { return std::move(list_); }

 private:
  std::vector<TensorRequirement> list_;
};

void add_sam_block(TensorList& list, const SamConfig& sam, int layer) {
  const std::string block = "model.sam_model.blocks." + std::to_string(layer) + ".";
  const int64_t side = sam.is_global(layer) ? sam.table_side() : sam.window_size;
  list.add_weight_and_bias(block + "norm1", {sam.width});
  list.add(block + "attn.rel_pos_h", {2 * side - 1, sam.head_dim()});
  list.add(block + "attn.rel_pos_w", {2 * side - 1, sam.head_dim()});
  list.add_weight_and_bias(block + "attn.qkv", {3 * int64_t{sam.width}, sam.width});
  list.add_weight_and_bias(block + "attn.proj", {sam.width, sam.width});
  list.add_weight_and_bias(block + "norm2", {sam.width});
  list.add_weight_and_bias(block + "mlp.lin1", {sam.mlp_width(), sam.width});
  list.add_weight_and_bias(block + "mlp.lin2", {sam.width, sam.mlp_width()});
}

void add_sam_encoder(TensorList& list, const SamConfig& sam) {
  const std::string prefix = "model.sam_model.";
  const int64_t neck = sam.neck_channels;
  list.add(prefix + "pos_embed", {1, sam.table_side(), sam.table_side(), sam.width});
  list.add_weight_and_bias(prefix + "patch_embed.proj", {sam.width, 3, sam.patch_size, sam.patch_size});
  for (int layer = 0; layer < sam.layers; ++layer) add_sam_block(list, sam, layer);
  list.add(prefix + "neck.0.weight", {neck, sam.width, 1, 1});
  list.add_weight_and_bias(prefix + "neck.1", {neck});
  list.add(prefix + "neck.2.weight", {neck, neck, 3, 3});
  list.add_weight_and_bias(prefix + "neck.3", {neck});
  list.add(prefix + "net_2.weight", {sam.downsample_channels[0], neck, 3, 3});
  list.add(prefix + "net_3.weight", {sam.downsample_channels[1], sam.downsample_channels[0], 3, 3});
}

void add_clip_encoder(TensorList& list, const ClipConfig& clip) {
  const std::string prefix = "model.vision_model.";
  const int64_t positions = int64_t{clip.table_side()} * clip.table_side() + 1;
  list.add(prefix + "embeddings.class_embedding", {clip.width});
  list.add(prefix + "embeddings.position_embedding.weight", {positions, clip.width});
  list.add_weight_and_bias(prefix + "pre_layrnorm", {clip.width});
  for (int layer = 0; layer < clip.layers; ++layer) {
    const std::string block = prefix + "transformer.layers." + std::to_string(layer) + ".";
    list.add_weight_and_bias(block + "layer_norm1", {clip.width});
    list.add_weight_and_bias(block + "self_attn.qkv_proj", {3 * int64_t{clip.width}, clip.width});
    list.add_weight_and_bias(block + "self_attn.out_proj", {clip.width, clip.width});
    list.add_weight_and_bias(block + "layer_norm2", {clip.width});
    list.add_weight_and_bias(block + "mlp.fc1", {clip.mlp_width(), clip.width});
    list.add_weight_and_bias(block + "mlp.fc2", {clip.width, clip.mlp_width()});
  }
}

void add_swiglu(TensorList& list, const std::string& name, int64_t inner, int64_t hidden) {
  list.add(name + ".gate_proj.weight", {inner, hidden});
  list.add(name + ".up_proj.weight", {inner, hidden});
  list.add(name + ".down_proj.weight", {hidden, inner});
}

void add_decoder_layer(TensorList& list, const DecoderConfig& decoder, int layer) {
  const std::string block = "model.layers." + std::to_string(layer) + ".";
  const int64_t hidden = decoder.hidden_size;
  list.add(block + "input_layernorm.weight", {hidden});
  for (const char* projection : {"q_proj", "k_proj", "v_proj", "o_proj"})
    list.add(block + "self_attn." + projection + ".weight", {hidden, hidden});
  list.add(block + "post_attention_layernorm.weight", {hidden});
  if (decoder.is_dense(layer)) {
    add_swiglu(list, block + "mlp", decoder.intermediate_size, hidden);
    return;
  }
  list.add(block + "mlp.gate.weight", {decoder.routed_experts, hidden});
  for (int expert = 0; expert < decoder.routed_experts; ++expert)
    add_swiglu(list, block + "mlp.experts." + std::to_string(expert), decoder.expert_width, hidden);
  add_swiglu(list, block + "mlp.shared_experts", int64_t{decoder.shared_experts} * decoder.expert_width, hidden);
}

}  // namespace

std::vector<TensorRequirement> required_tensors(const ModelConfig& config) {
  TensorList list;
  const int64_t hidden = config.decoder.hidden_size;
  add_sam_encoder(list, config.sam);
  add_clip_encoder(list, config.clip);
  list.add_weight_and_bias("model.projector.layers", {hidden, config.projector_input});
  list.add("model.image_newline", {hidden});
  list.add("model.view_seperator", {hidden});  // spelled so in every checkpoint
  list.add("model.embed_tokens.weight", {config.decoder.vocab_size, hidden});
  for (int layer = 0; layer < config.decoder.layers; ++layer) add_decoder_layer(list, config.decoder, layer);
  list.add("model.norm.weight", {hidden});
  list.add("lm_head.weight", {config.decoder.vocab_size, hidden});
  return list.take();
}

}  // namespace deepseekocr
