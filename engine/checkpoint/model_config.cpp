// SPDX-License-Identifier: MIT
// config.json → ModelConfig: reading.  What fits together is checked in model_config_check.cpp.
#include "checkpoint/model_config.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "checkpoint/config_fields.h"
#include "checkpoint/error.h"
#include "checkpoint/file.h"
#include "checkpoint/json_document.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

// Far above every checkpoint of this architecture, and low enough that products of a few of them fit 64 bits.
constexpr uint64_t largest_config_file = 1 << 20;
constexpr int largest_width = 32768;
constexpr int largest_hidden_width = 1 << 18;
constexpr int most_layers = 256;
constexpr int most_heads = 512;
constexpr int most_experts = 1024;
constexpr int largest_table_image = 8192;
constexpr int largest_vocabulary = 1 << 22;
constexpr int most_positions = 1 << 20;
constexpr double largest_mlp_ratio = 64;

[[noreturn]] void refuse(const std::string& sentence) {
  throw EngineError(DSOCR_UNSUPPORTED, sentence);
}

/// `lacking` says what the engine cannot do.
void refuse_field(const ConfigFields& fields, const std::string& key, const std::string& lacking) {
  refuse(fields.name(key) + " is " + excerpt(*fields.find(key)) + ", but this engine " + lacking +
         "; use a DeepSeek-OCR checkpoint in the official layout.");
}

void require_text(const ConfigFields& fields, const std::string& key, const std::string& supported) {
  if (fields.text(key, supported) != supported) refuse_field(fields, key, "supports \"" + supported + "\" only");
}

void require_integer(const ConfigFields& fields, const std::string& key, int supported) {
  const json* value = fields.find(key);
  if (value && *value != supported) refuse_field(fields, key, "supports " + std::to_string(supported) + " only");
}

void require_boolean(const ConfigFields& fields, const std::string& key, bool supported) {
  if (fields.boolean(key, supported) != supported)
    refuse_field(fields, key, std::string("supports ") + (supported ? "true" : "false") + " only");
}

/// The second version of the model has the same decoder but another encoder.
void refuse_second_version(const std::string& origin, const json& root) {
  constexpr std::string_view marker = "DeepseekOCR2";
  const json architectures = root.value("architectures", json::array());
  for (const json& architecture : architectures)
    if (architecture.is_string() && architecture.get_ref<const std::string&>().find(marker) != std::string::npos)
      refuse(origin + ": the field \"architectures\" says " + excerpt(architecture) +
             ", which is DeepSeek-OCR-2; this engine runs DeepSeek-OCR (the first version), use such a checkpoint.");
}

/// Features that would change the result if they were passed over.
void refuse_unsupported_features(const ConfigFields& fields) {
  for (const char* key : {"rope_scaling", "sliding_window", "quantization_config"})
    if (fields.find(key)) refuse_field(fields, key, "supports none");
  for (const char* key : {"use_mla", "tie_word_embeddings", "attention_bias"}) require_boolean(fields, key, false);
  require_boolean(fields, "lm_head", true);
  for (const char* key : {"moe_layer_freq", "n_group", "topk_group"}) require_integer(fields, key, 1);
  require_text(fields, "scoring_func", "softmax");
  require_text(fields, "topk_method", "greedy");
  require_text(fields, "hidden_act", "silu");
  require_text(fields, "tile_tag", "2D");
  require_text(fields.object("projector_config"), "projector_type", "linear");
}

SamConfig read_sam(const ConfigFields& fields) {
  SamConfig sam;
  sam.width = fields.integer("width", 1, largest_width);
  sam.layers = fields.integer("layers", 1, most_layers);
  sam.heads = fields.integer("heads", 1, most_heads);
  sam.global_attention_layers =
      fields.integers("global_attn_indexes", static_cast<size_t>(sam.layers), 0, sam.layers - 1);
  const std::vector<int> channels = fields.integers("downsample_channels", 2, 1, largest_width);
  if (channels.size() != 2) fields.fail("downsample_channels", "must hold two integers, for net_2 and net_3");
  std::copy(channels.begin(), channels.end(), sam.downsample_channels);
  sam.window_size = fields.integer("window_size", 1, 256, sam.window_size);
  sam.neck_channels = fields.integer("neck_channels", 1, largest_width, sam.neck_channels);
  sam.mlp_ratio = fields.number("mlp_ratio", 0, largest_mlp_ratio, sam.mlp_ratio);
  sam.patch_size = fields.integer("patch_size", 1, 64, sam.patch_size);
  sam.image_size = fields.integer("image_size", 1, largest_table_image, sam.image_size);
  return sam;
}

ClipConfig read_clip(const ConfigFields& fields) {
  ClipConfig clip;
  clip.width = fields.integer("width", 1, largest_width);
  clip.layers = fields.integer("layers", 1, most_layers);
  clip.heads = fields.integer("heads", 1, most_heads);
  clip.patch_size = fields.integer("patch_size", 1, 64);
  clip.image_size = fields.integer("image_size", 1, largest_table_image);
  clip.mlp_ratio = fields.number("mlp_ratio", 0, largest_mlp_ratio, clip.mlp_ratio);
  return clip;
}

DecoderConfig read_decoder(const ConfigFields& fields) {
  DecoderConfig decoder;
  decoder.vocab_size = fields.integer("vocab_size", 1, largest_vocabulary);
  decoder.hidden_size = fields.integer("hidden_size", 1, largest_width);
  decoder.layers = fields.integer("num_hidden_layers", 1, most_layers);
  decoder.heads = fields.integer("num_attention_heads", 1, most_heads);
  require_integer(fields, "num_key_value_heads", decoder.heads);
  decoder.intermediate_size = fields.integer("intermediate_size", 1, largest_hidden_width);
  decoder.dense_layers = fields.integer("first_k_dense_replace", 0, decoder.layers);
  decoder.routed_experts = fields.integer("n_routed_experts", 1, most_experts);
  decoder.experts_per_token = fields.integer("num_experts_per_tok", 1, decoder.routed_experts);
  decoder.shared_experts = fields.integer("n_shared_experts", 1, 64);
  decoder.expert_width = fields.integer("moe_intermediate_size", 1, largest_hidden_width);
  decoder.max_positions = fields.integer("max_position_embeddings", 1, most_positions);
  decoder.rope_theta = fields.number("rope_theta", 1, 1e12, decoder.rope_theta);
  decoder.rms_norm_eps = fields.number("rms_norm_eps", 1e-12, 0.1, decoder.rms_norm_eps);
  decoder.norm_topk_prob = fields.boolean("norm_topk_prob", decoder.norm_topk_prob);
  decoder.routed_scaling_factor = fields.number("routed_scaling_factor", 1e-6, 1e6, decoder.routed_scaling_factor);
  decoder.bos_id = fields.integer("bos_token_id", 0, decoder.vocab_size - 1);
  decoder.eos_id = fields.integer("eos_token_id", 0, decoder.vocab_size - 1);
  return decoder;
}

PositionFit read_position_fit(const ConfigFields& fields) {
  const std::string fit = fields.text("position_fit", "interpolate");
  if (fit == "crop") return PositionFit::crop;
  if (fit != "interpolate") fields.fail("position_fit", "must be \"interpolate\" or \"crop\", not " + quote(fit));
  return PositionFit::interpolate;
}

std::vector<CanvasSize> read_canvases(const ConfigFields& fields) {
  const std::string key = "candidate_resolutions";
  constexpr int largest_side = 8192;
  const json* value = fields.find(key);
  if (!value) return {};
  if (!value->is_array() || value->size() > 1024)
    fields.fail(key, "must be a list of at most 1024 pairs [height, width], not " + excerpt(*value));
  std::vector<CanvasSize> canvases;
  for (const json& pair : *value) {
    const auto is_side = [](const json& side) {
      return side.is_number_unsigned() && side.get<uint64_t>() >= 1 && side.get<uint64_t>() <= largest_side;
    };
    if (!pair.is_array() || pair.size() != 2 || !is_side(pair[0]) || !is_side(pair[1]))
      fields.fail(key, "must hold pairs [height, width] of 1 to " + std::to_string(largest_side) + " pixels, not " +
                           excerpt(pair));
    canvases.push_back({pair[0].get<int>(), pair[1].get<int>()});
  }
  return canvases;
}

std::vector<std::string> read_prompts(const ConfigFields& fields) {
  const std::string key = "supported_prompts";
  const json* value = fields.find(key);
  if (!value) return {};
  if (!value->is_array() || value->size() > 1024)
    fields.fail(key, "must be a list of at most 1024 texts, not " + excerpt(*value));
  std::vector<std::string> prompts;
  for (const json& prompt : *value) {
    // A NUL would end the prompt early on its way through C.
    if (!prompt.is_string() || prompt.get_ref<const std::string&>().empty() ||
        prompt.get_ref<const std::string&>().find('\0') != std::string::npos)
      fields.fail(key, "must hold non-empty texts, not " + excerpt(prompt));
    prompts.push_back(prompt.get<std::string>());
  }
  return prompts;
}

}  // namespace

bool SamConfig::is_global(int layer) const {
  return std::find(global_attention_layers.begin(), global_attention_layers.end(), layer) !=
         global_attention_layers.end();
}

ModelConfig ModelConfig::from_json(std::string_view text, const std::string& origin) {
  const json root = parse_json(text, origin);
  ConfigFields fields(origin, "", root);
  refuse_second_version(origin, root);
  // The official code reads the top-level copies (specification 1.0).
  if (root.contains("language_config")) fields.add_fallback("language_config.", root["language_config"]);
  refuse_unsupported_features(fields);
  const ConfigFields vision = fields.object("vision_config").object("width");
  const ConfigFields projector = fields.object("projector_config");

  ModelConfig config;
  config.name = fields.text("_name_or_path", "");
  config.name.resize(std::min(config.name.size(), config.name.find('\0')));  // it goes through C
  config.sam = read_sam(vision.object("sam_vit_b"));
  config.clip = read_clip(vision.object("clip-l-14-224"));
  config.decoder = read_decoder(fields);
  config.projector_input = projector.integer("input_dim", 1, 2 * largest_width);
  if (projector.integer("n_embed", 1, largest_width) != config.decoder.hidden_size)
    projector.fail("n_embed", "must equal hidden_size, which is " + std::to_string(config.decoder.hidden_size));
  config.image_token_id = fields.integer("image_token_id", 0, largest_vocabulary, config.image_token_id);
  config.position_fit = read_position_fit(fields);
  config.has_position_fit = fields.find("position_fit") != nullptr;
  config.canvases = read_canvases(fields);
  config.legible_text_height = fields.number("legible_text_height", 0, 1024, config.legible_text_height);
  config.int8_vision = fields.boolean("int8_vision", config.int8_vision);
  config.supported_prompts = read_prompts(fields);
  config.check(origin);
  return config;
}

ModelConfig ModelConfig::from_file(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "config.json";
  ModelConfig config = from_json(read_text_file(path, largest_config_file), path.string());
  // A trailing slash makes the last component empty.
  if (config.name.empty()) {
    const std::filesystem::path folder = directory.lexically_normal();
    config.name = (folder.has_filename() ? folder : folder.parent_path()).filename().string();
  }
  return config;
}

}  // namespace deepseekocr
