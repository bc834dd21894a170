// SPDX-License-Identifier: MIT
// Whether the parts of a ModelConfig fit together, and whether it is of a size that can be meant.
#include <algorithm>
#include <string>

#include "checkpoint/error.h"
#include "checkpoint/model_config.h"

namespace deepseekocr {
namespace {

constexpr double most_parameters = 1e11;  // the official checkpoint has 3.3e9
constexpr int most_routed_matrices = 1 << 15;

constexpr const char* sam_path = "vision_config.width.sam_vit_b.";
constexpr const char* clip_path = "vision_config.width.clip-l-14-224.";

/// Throws the sentences.
class Checks {
 public:
  explicit Checks(const std::string& origin) : origin_(origin) {}

  void require(bool holds, const std::string& field, const std::string& what) const {
    if (!holds) throw CheckpointError(origin_ + ": the field \"" + field + "\" " + what + ".");
  }

  void require_multiple(int value, int divisor, const std::string& field, const std::string& divisor_field) const {
    require(value % divisor == 0, field,
            "is " + std::to_string(value) + ", but must be a multiple of \"" + divisor_field + "\", which is " +
                std::to_string(divisor));
  }

  void require_equal(int value, int other, const std::string& field, const std::string& other_text) const {
    require(value == other, field,
            "is " + std::to_string(value) + ", but must be " + other_text + ", which is " + std::to_string(other));
  }

 private:
  const std::string& origin_;
};

void check_sam(const Checks& checks, const SamConfig& sam) {
  const std::string path = sam_path;
  checks.require_multiple(sam.width, sam.heads, path + "width", path + "heads");
  checks.require_multiple(sam.image_size, sam.patch_size, path + "image_size", path + "patch_size");
  checks.require(sam.mlp_width() >= 1, path + "mlp_ratio", "is too small: the hidden width would be 0");
  // Views are 512, 640, 1024 or 1280 pixels high and wide and end as one token per 4 x 4 patches.
  checks.require(128 % (4 * sam.patch_size) == 0, path + "patch_size",
                 "is " + std::to_string(sam.patch_size) + ", but must be 1, 2, 4, 8, 16 or 32");
}

void check_clip(const Checks& checks, const ModelConfig& config) {
  const std::string path = clip_path;
  const ClipConfig& clip = config.clip;
  checks.require_multiple(clip.width, clip.heads, path + "width", path + "heads");
  checks.require_multiple(clip.image_size, clip.patch_size, path + "image_size", path + "patch_size");
  checks.require(clip.mlp_width() >= 1, path + "mlp_ratio", "is too small: the hidden width would be 0");
  checks.require_equal(clip.width, config.sam.downsample_channels[1], path + "width",
                       "the second of \"" + std::string(sam_path) + "downsample_channels\"");
  checks.require_equal(config.projector_input, clip.width + config.sam.downsample_channels[1],
                       "projector_config.input_dim", "the CLIP width plus the second of downsample_channels");
}

void check_decoder(const Checks& checks, const ModelConfig& config) {
  const DecoderConfig& decoder = config.decoder;
  checks.require_multiple(decoder.hidden_size, decoder.heads, "hidden_size", "num_attention_heads");
  checks.require(
      decoder.head_dim() % 2 == 0, "num_attention_heads",
      "makes heads of " + std::to_string(decoder.head_dim()) + " numbers, but rotary positions need an even count");
  checks.require(config.image_token_id < decoder.vocab_size, "image_token_id",
                 "is " + std::to_string(config.image_token_id) + ", but must be below vocab_size, which is " +
                     std::to_string(decoder.vocab_size));
  checks.require(int64_t{decoder.layers} * decoder.routed_experts <= most_routed_matrices, "n_routed_experts",
                 "is " + std::to_string(decoder.routed_experts) + " in each of " + std::to_string(decoder.layers) +
                     " layers, more experts than any checkpoint has");
}

void check_canvases(const Checks& checks, const ModelConfig& config) {
  const int cell = 4 * config.sam.patch_size;  // pixels of one token
  for (const CanvasSize& canvas : config.canvases) {
    const std::string pair =
        "holds [" + std::to_string(canvas.height) + ", " + std::to_string(canvas.width) + "], but ";
    checks.require(canvas.height % cell == 0 && canvas.width % cell == 0, "candidate_resolutions",
                   pair + "heights and widths must be multiples of " + std::to_string(cell));
    if (config.position_fit != PositionFit::crop) continue;
    const int table = std::min(config.sam.table_side() * config.sam.patch_size, config.clip.table_side() * cell);
    checks.require(
        canvas.height <= table && canvas.width <= table, "candidate_resolutions",
        pair + "the position tables end at " + std::to_string(table) + " pixels and \"position_fit\" is \"crop\"");
  }
}

double square(double value) {
  return value * value;
}

double sam_parameters(const SamConfig& sam) {
  const double width = sam.width;
  const double neck = sam.neck_channels;
  double total = square(sam.table_side()) * width + width * (3 * square(sam.patch_size) + 1);
  for (int layer = 0; layer < sam.layers; ++layer) {
    const double side = sam.is_global(layer) ? sam.table_side() : sam.window_size;
    total += 4 * width + 2 * (2 * side - 1) * sam.head_dim();
    total += 3 * width * (width + 1) + width * (width + 1);
    total += sam.mlp_width() * (width + 1) + width * (sam.mlp_width() + 1.0);
  }
  total += neck * width + 9 * square(neck) + 4 * neck;
  total += 9.0 * sam.downsample_channels[0] * neck;
  return total + 9.0 * sam.downsample_channels[1] * sam.downsample_channels[0];
}

double clip_parameters(const ClipConfig& clip) {
  const double width = clip.width;
  const double layer =
      4 * width + 4 * width * (width + 1) + clip.mlp_width() * (width + 1) + width * (clip.mlp_width() + 1.0);
  return width + (square(clip.table_side()) + 1) * width + 2 * width + clip.layers * layer;
}

double decoder_parameters(const DecoderConfig& decoder) {
  const double hidden = decoder.hidden_size;
  const double attention_and_norms = 4 * square(hidden) + 2 * hidden;
  const double dense = 3 * hidden * decoder.intermediate_size;
  const double experts = hidden * decoder.routed_experts +
                         3 * hidden * decoder.expert_width * (decoder.routed_experts + double(decoder.shared_experts));
  return 2 * hidden * decoder.vocab_size + hidden + decoder.layers * attention_and_norms +
         decoder.dense_layers * dense + (decoder.layers - decoder.dense_layers) * experts;
}

}  // namespace

double ModelConfig::parameter_estimate() const {
  const double hidden = decoder.hidden_size;
  return sam_parameters(sam) + clip_parameters(clip) + hidden * (projector_input + 1.0) + 2 * hidden +
         decoder_parameters(decoder);
}

void ModelConfig::check(const std::string& origin) const {
  const Checks checks(origin);
  check_sam(checks, sam);
  check_clip(checks, *this);
  check_decoder(checks, *this);
  check_canvases(checks, *this);
  if (parameter_estimate() > most_parameters)
    throw CheckpointError(origin + " describes a model of " + std::to_string(parameter_estimate() / 1e9) +
                          " billion parameters, more than any DeepSeek-OCR checkpoint has; correct its widths.");
}

}  // namespace deepseekocr
