// SPDX-License-Identifier: MIT
#include "tensor_recipes.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace deepseekocr::test {
namespace {

using Recipes = std::vector<TensorRecipe>;

enum class Bias { no, yes };

void add(Recipes& list, std::string name, std::vector<int64_t> shape, double mean, double deviation) {
  list.push_back({std::move(name), std::move(shape), mean, deviation});
}

void add_linear(Recipes& list, const std::string& name, int64_t outputs, int64_t inputs, double gain,
                Bias bias = Bias::yes) {
  add(list, name + ".weight", {outputs, inputs}, 0.0, gain / std::sqrt(static_cast<double>(inputs)));
  if (bias == Bias::yes) add(list, name + ".bias", {outputs}, 0.0, 0.1);
}

void add_convolution(Recipes& list, const std::string& name, int64_t outputs, int64_t inputs, int64_t kernel,
                     double gain = 1.0) {
  const auto fan_in = static_cast<double>(inputs * kernel * kernel);
  add(list, name + ".weight", {outputs, inputs, kernel, kernel}, 0.0, gain / std::sqrt(fan_in));
}

void add_norm(Recipes& list, const std::string& name, int64_t width, Bias bias = Bias::yes) {
  add(list, name + ".weight", {width}, 1.0, 0.2);
  if (bias == Bias::yes) add(list, name + ".bias", {width}, 0.0, 0.15);
}

/// What one of `layers` residual branches may add.
double branch_gain(int layers) {
  return 1.0 / std::sqrt(static_cast<double>(layers));
}

int64_t hidden_width(int width, double ratio) {
  return static_cast<int64_t>(width * ratio);
}

void add_sam_block(Recipes& list, const SamConfig& sam, int layer) {
  const std::string block = "model.sam_model.blocks." + std::to_string(layer) + ".";
  const auto& global_layers = sam.global_attention_layers;
  const bool global = std::find(global_layers.begin(), global_layers.end(), layer) != global_layers.end();
  const int side = global ? sam.image_size / sam.patch_size : sam.window_size;
  const int head = sam.width / sam.heads;
  const int64_t hidden = hidden_width(sam.width, sam.mlp_ratio);
  add_norm(list, block + "norm1", sam.width);
  for (const char* axis : {"h", "w"})
    add(list, block + "attn.rel_pos_" + axis, {2 * side - 1, head}, 0.0, 1.0 / std::sqrt(static_cast<double>(head)));
  add_linear(list, block + "attn.qkv", 3 * sam.width, sam.width, 1.2);
  add_linear(list, block + "attn.proj", sam.width, sam.width, 1.5 * branch_gain(sam.layers));
  add_norm(list, block + "norm2", sam.width);
  add_linear(list, block + "mlp.lin1", hidden, sam.width, 1.0);
  add_linear(list, block + "mlp.lin2", sam.width, hidden, 1.3 * branch_gain(sam.layers));
}

void add_sam(Recipes& list, const SamConfig& sam) {
  const std::string prefix = "model.sam_model.";
  const int grid = sam.image_size / sam.patch_size;
  const int neck = sam.neck_channels;
  add(list, prefix + "pos_embed", {1, grid, grid, sam.width}, 0.0, 0.8);
  add_convolution(list, prefix + "patch_embed.proj", sam.width, 3, sam.patch_size);
  add(list, prefix + "patch_embed.proj.bias", {sam.width}, 0.0, 0.1);
  for (int layer = 0; layer < sam.layers; ++layer) add_sam_block(list, sam, layer);
  add_convolution(list, prefix + "neck.0", neck, sam.width, 1);
  add_norm(list, prefix + "neck.1", neck);
  add_convolution(list, prefix + "neck.2", neck, neck, 3);
  add_norm(list, prefix + "neck.3", neck);
  add_convolution(list, prefix + "net_2", sam.downsample_channels[0], neck, 3);
  add_convolution(list, prefix + "net_3", sam.downsample_channels[1], sam.downsample_channels[0], 3);
}

void add_clip(Recipes& list, const ClipConfig& clip) {
  const std::string prefix = "model.vision_model.";
  const int64_t hidden = hidden_width(clip.width, clip.mlp_ratio);
  const int grid = clip.image_size / clip.patch_size;
  add(list, prefix + "embeddings.class_embedding", {clip.width}, 0.0, 1.0);
  // Never used: the patch features come from SAM.  Large on purpose, so that a mistaken use shows.
  add_convolution(list, prefix + "embeddings.patch_embedding", clip.width, 3, clip.patch_size, 4.0);
  add(list, prefix + "embeddings.position_embedding.weight", {grid * grid + 1, clip.width}, 0.0, 0.8);
  add_norm(list, prefix + "pre_layrnorm", clip.width);
  for (int layer = 0; layer < clip.layers; ++layer) {
    const std::string block = prefix + "transformer.layers." + std::to_string(layer) + ".";
    add_norm(list, block + "layer_norm1", clip.width);
    add_linear(list, block + "self_attn.qkv_proj", 3 * clip.width, clip.width, 1.5);
    add_linear(list, block + "self_attn.out_proj", clip.width, clip.width, 1.0 * branch_gain(clip.layers));
    add_norm(list, block + "layer_norm2", clip.width);
    add_linear(list, block + "mlp.fc1", hidden, clip.width, 1.0);
    add_linear(list, block + "mlp.fc2", clip.width, hidden, 1.2 * branch_gain(clip.layers));
  }
}

void add_bridge(Recipes& list, const ModelConfig& config) {
  const int hidden = config.decoder.hidden_size;
  add_linear(list, "model.projector.layers", hidden, config.projector_input, 0.8);
  add(list, "model.image_newline", {hidden}, 0.0, 1.0);
  add(list, "model.view_seperator", {hidden}, 0.0, 1.0);
}

void add_swiglu(Recipes& list, const std::string& name, int64_t inner, int64_t hidden, double gain) {
  add_linear(list, name + ".gate_proj", inner, hidden, 1.0, Bias::no);
  add_linear(list, name + ".up_proj", inner, hidden, 1.0, Bias::no);
  add_linear(list, name + ".down_proj", hidden, inner, 1.7 * gain, Bias::no);
}

void add_decoder_layer(Recipes& list, const DecoderConfig& decoder, int layer) {
  const std::string block = "model.layers." + std::to_string(layer) + ".";
  const int64_t hidden = decoder.hidden_size;
  const double branch = branch_gain(decoder.layers);
  add_norm(list, block + "input_layernorm", hidden, Bias::no);
  add_linear(list, block + "self_attn.q_proj", hidden, hidden, 1.5, Bias::no);
  add_linear(list, block + "self_attn.k_proj", hidden, hidden, 1.5, Bias::no);
  add_linear(list, block + "self_attn.v_proj", hidden, hidden, 1.0, Bias::no);
  add_linear(list, block + "self_attn.o_proj", hidden, hidden, 2.0 * branch, Bias::no);
  add_norm(list, block + "post_attention_layernorm", hidden, Bias::no);
  if (layer < decoder.dense_layers) {
    add_swiglu(list, block + "mlp", decoder.intermediate_size, hidden, branch);
    return;
  }
  // Softmax over all experts keeps a total weight below one on the chosen ones, hence the larger gain.
  add_linear(list, block + "mlp.gate", decoder.routed_experts, hidden, 1.6, Bias::no);
  for (int expert = 0; expert < decoder.routed_experts; ++expert)
    add_swiglu(list, block + "mlp.experts." + std::to_string(expert), decoder.expert_width, hidden, 2.5 * branch);
  add_swiglu(list, block + "mlp.shared_experts", int64_t{decoder.expert_width} * decoder.shared_experts, hidden,
             branch);
}

}  // namespace

uint64_t TensorRecipe::count() const {
  uint64_t count = 1;
  for (const int64_t extent : shape) count *= static_cast<uint64_t>(extent);
  return count;
}

std::vector<TensorRecipe> tensor_recipes(const ModelConfig& config) {
  Recipes list;
  const DecoderConfig& decoder = config.decoder;
  add_sam(list, config.sam);
  add_clip(list, config.clip);
  add_bridge(list, config);
  add(list, "model.embed_tokens.weight", {decoder.vocab_size, decoder.hidden_size}, 0.0, 1.0);
  for (int layer = 0; layer < decoder.layers; ++layer) add_decoder_layer(list, decoder, layer);
  add_norm(list, "model.norm", decoder.hidden_size, Bias::no);
  add_linear(list, "lm_head", decoder.vocab_size, decoder.hidden_size, 3.0, Bias::no);
  return list;
}

}  // namespace deepseekocr::test
