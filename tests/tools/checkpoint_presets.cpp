// SPDX-License-Identifier: MIT
// The configurations of random checkpoints, and config.json from a configuration.
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "checkpoint_writer.h"

namespace deepseekocr::test {
namespace {

using nlohmann::ordered_json;

/// SAM head width 24, position tables of the official extent (64x64 and 16x16), official decoder proportions.
ModelConfig mini_a() {
  ModelConfig config;
  config.sam.width = 96;
  config.sam.layers = 4;
  config.sam.heads = 4;
  config.sam.global_attention_layers = {1, 3};
  config.sam.downsample_channels[0] = 96;
  config.sam.downsample_channels[1] = 128;
  config.sam.neck_channels = 64;
  config.clip.width = 128;
  config.clip.layers = 3;
  config.clip.heads = 2;
  config.decoder.vocab_size = 2048;
  config.decoder.hidden_size = 128;
  config.decoder.layers = 3;
  config.decoder.heads = 4;
  config.decoder.intermediate_size = 352;
  config.decoder.routed_experts = 8;
  config.decoder.experts_per_token = 3;
  config.decoder.shared_experts = 2;
  config.decoder.expert_width = 96;
  config.projector_input = 256;
  config.image_token_id = 1999;
  return config;
}

/// Small position tables (32x32 and 8x8), so that larger views enlarge them; fractional MLP ratios; two dense layers.
ModelConfig mini_b() {
  ModelConfig config;
  config.sam.width = 128;
  config.sam.layers = 5;
  config.sam.heads = 2;
  config.sam.global_attention_layers = {0, 3};
  config.sam.downsample_channels[0] = 80;
  config.sam.downsample_channels[1] = 96;
  config.sam.neck_channels = 48;
  config.sam.mlp_ratio = 3;
  config.sam.image_size = 512;
  config.clip.width = 96;
  config.clip.layers = 2;
  config.clip.heads = 3;
  config.clip.mlp_ratio = 2.5;
  config.clip.image_size = 112;
  config.decoder.vocab_size = 1536;
  config.decoder.hidden_size = 160;
  config.decoder.layers = 5;
  config.decoder.heads = 5;
  config.decoder.intermediate_size = 432;
  config.decoder.dense_layers = 2;
  config.decoder.routed_experts = 16;
  config.decoder.experts_per_token = 4;
  config.decoder.shared_experts = 1;
  config.decoder.expert_width = 72;
  config.projector_input = 192;
  config.image_token_id = 1200;
  return config;
}

ordered_json vision_json(const SamConfig& sam, const ClipConfig& clip) {
  const ordered_json clip_json = {{"heads", clip.heads},   {"image_size", clip.image_size},
                                  {"layers", clip.layers}, {"patch_size", clip.patch_size},
                                  {"width", clip.width},   {"mlp_ratio", clip.mlp_ratio}};
  const ordered_json sam_json = {{"downsample_channels", sam.downsample_channels},
                                 {"global_attn_indexes", sam.global_attention_layers},
                                 {"heads", sam.heads},
                                 {"layers", sam.layers},
                                 {"width", sam.width},
                                 {"window_size", sam.window_size},
                                 {"neck_channels", sam.neck_channels},
                                 {"mlp_ratio", sam.mlp_ratio},
                                 {"patch_size", sam.patch_size},
                                 {"image_size", sam.image_size}};
  return {{"model_type", "vision"}, {"width", {{"clip-l-14-224", clip_json}, {"sam_vit_b", sam_json}}}};
}

/// The decoder's keys: they appear in language_config and again at top level, as in the official file.
ordered_json decoder_json(const DecoderConfig& decoder) {
  return {{"bos_token_id", decoder.bos_id},
          {"eos_token_id", decoder.eos_id},
          {"first_k_dense_replace", decoder.dense_layers},
          {"hidden_size", decoder.hidden_size},
          {"intermediate_size", decoder.intermediate_size},
          {"kv_lora_rank", nullptr},
          {"lm_head", true},
          {"max_position_embeddings", decoder.max_positions},
          {"moe_intermediate_size", decoder.expert_width},
          {"n_group", 1},
          {"n_routed_experts", decoder.routed_experts},
          {"n_shared_experts", decoder.shared_experts},
          {"norm_topk_prob", decoder.norm_topk_prob},
          {"num_attention_heads", decoder.heads},
          {"num_experts_per_tok", decoder.experts_per_token},
          {"num_hidden_layers", decoder.layers},
          {"num_key_value_heads", decoder.heads},
          {"q_lora_rank", nullptr},
          {"rms_norm_eps", decoder.rms_norm_eps},
          {"rope_theta", decoder.rope_theta},
          {"routed_scaling_factor", decoder.routed_scaling_factor},
          {"topk_group", 1},
          {"topk_method", "greedy"},
          {"use_mla", false},
          {"vocab_size", decoder.vocab_size}};
}

const char* torch_dtype(ElementType type) {
  switch (type) {
    case ElementType::f32:
      return "float32";
    case ElementType::f16:
      return "float16";
    case ElementType::bf16:
      return "bfloat16";
  }
  throw std::invalid_argument("torch_dtype: unknown element type");
}

}  // namespace

ModelConfig preset(std::string_view name) {
  if (name == "official") return {};
  if (name == "mini-a") return mini_a();
  if (name == "mini-b") return mini_b();
  throw std::invalid_argument("There is no preset \"" + std::string(name) + "\"; use official, mini-a or mini-b.");
}

std::string config_json(const ModelConfig& config, ElementType type) {
  const ordered_json decoder = decoder_json(config.decoder);
  ordered_json root = {{"architectures", {"DeepseekOCRForCausalLM"}},
                       {"model_type", "deepseek_vl_v2"},
                       {"global_view_pos", "head"},
                       {"tile_tag", "2D"},
                       {"torch_dtype", torch_dtype(type)},
                       {"image_token_id", config.image_token_id},
                       {"projector_config",
                        {{"input_dim", config.projector_input},
                         {"model_type", "mlp_projector"},
                         {"n_embed", config.decoder.hidden_size},
                         {"projector_type", "linear"}}},
                       {"vision_config", vision_json(config.sam, config.clip)},
                       {"language_config", decoder}};
  if (!config.name.empty()) root["_name_or_path"] = config.name;
  if (config.has_position_fit) root["position_fit"] = config.position_fit == PositionFit::crop ? "crop" : "interpolate";
  for (const CanvasSize& canvas : config.canvases)
    root["candidate_resolutions"].push_back({canvas.height, canvas.width});
  if (!config.supported_prompts.empty()) root["supported_prompts"] = config.supported_prompts;
  root.update(decoder);
  return root.dump(1) + "\n";
}

}  // namespace deepseekocr::test
