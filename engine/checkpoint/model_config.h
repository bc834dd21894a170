// SPDX-License-Identifier: MIT
// All hyper-parameters of a DeepSeek-OCR checkpoint, read from config.json once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// Height and width of a square or rectangular input, in pixels.
struct CanvasSize {
  int height = 0;
  int width = 0;
  bool operator==(const CanvasSize&) const = default;
};

/// SAM ViT encoder (specification 1.1; keys `vision_config.width.sam_vit_b`, 12.2 for the optional ones).
struct SamConfig {
  int width = 768;
  int layers = 12;
  int heads = 12;
  std::vector<int> global_attention_layers = {2, 5, 8, 11};
  int downsample_channels[2] = {512, 1024};  ///< output channels of net_2 and net_3
  int window_size = 14;                      ///< side of an attention window, in patches
  int neck_channels = 256;
  double mlp_ratio = 4.0;
  int patch_size = 16;
  int image_size = 1024;  ///< the position table has (image_size / patch_size)^2 entries

  int head_dim() const { return width / heads; }
  int mlp_width() const { return static_cast<int>(width * mlp_ratio); }
  int table_side() const { return image_size / patch_size; }
  bool is_global(int layer) const;
};

/// CLIP ViT encoder (1.2; key `vision_config.width.clip-l-14-224`).  Its patch embedding is not used.
struct ClipConfig {
  int width = 1024;
  int layers = 24;
  int heads = 16;
  double mlp_ratio = 4.0;
  int patch_size = 14;
  int image_size = 224;  ///< the position table has (image_size / patch_size)^2 + 1 entries

  int head_dim() const { return width / heads; }
  int mlp_width() const { return static_cast<int>(width * mlp_ratio); }
  int table_side() const { return image_size / patch_size; }
};

/// Mixture-of-experts decoder (1.5; top-level keys, `language_config` where they are absent).
struct DecoderConfig {
  int vocab_size = 129280;
  int hidden_size = 1280;
  int layers = 12;
  int heads = 10;
  int intermediate_size = 6848;  ///< of the dense layers
  int dense_layers = 1;          ///< `first_k_dense_replace`
  int routed_experts = 64;
  int experts_per_token = 6;
  int shared_experts = 2;  ///< one SwiGLU of shared_experts * expert_width
  int expert_width = 896;  ///< `moe_intermediate_size`
  int max_positions = 8192;
  double rope_theta = 10000.0;
  double rms_norm_eps = 1e-6;
  bool norm_topk_prob = false;
  double routed_scaling_factor = 1.0;
  int32_t bos_id = 0;
  int32_t eos_id = 1;

  int head_dim() const { return hidden_size / heads; }
  bool is_dense(int layer) const { return layer < dense_layers; }
};

/// How position tables serve canvases smaller than themselves (design, "Modes, canvases, configurations").
enum class PositionFit {
  interpolate,  ///< official: resize the tables (1.1.2, 1.1.6, 1.2.2)
  crop,         ///< top-left part of absolute tables, middle of relative ones
};

struct ModelConfig {
  std::string name;
  SamConfig sam;
  ClipConfig clip;
  DecoderConfig decoder;
  int projector_input = 2048;  ///< clip.width + sam.downsample_channels[1]
  int32_t image_token_id = 128815;
  PositionFit position_fit = PositionFit::interpolate;
  bool has_position_fit = false;     ///< the key was present: `canvases` are what the checkpoint was trained on
  std::vector<CanvasSize> canvases;  ///< `candidate_resolutions`
  double legible_text_height = 0;    ///< font size, in pixels of the canvas, that the checkpoint reads well; 0: unknown
  bool int8_vision = false;          ///< the checkpoint reads as well with a vision encoder in 8 bits
  std::vector<std::string> supported_prompts;

  /// Whether resolution "auto" chooses among `canvases` (else gundam).
  bool uses_canvases() const { return has_position_fit && !canvases.empty(); }

  /// Reads and checks `directory`/config.json: every number in a plausible range (so that nothing absurd is allocated
  /// later), heads dividing widths, parts fitting together.  A config.json without `_name_or_path` gets the folder's
  /// name.
  /// @throws EngineError(DSOCR_NOT_FOUND) without that file, EngineError(DSOCR_UNSUPPORTED) naming the feature that
  /// this engine lacks, CheckpointError naming the file and the field.
  static ModelConfig from_file(const std::filesystem::path& directory);
  /// The same from the text of a config.json; `origin` is used in messages.
  static ModelConfig from_json(std::string_view text, const std::string& origin);

  /// Checks that the parts fit together, as from_json() does; for configurations that were filled in by hand.
  /// @throws as from_json().
  void check(const std::string& origin) const;

  /// Number of weights of all required tensors (as a double: it cannot overflow).
  double parameter_estimate() const;
};

}  // namespace deepseekocr
