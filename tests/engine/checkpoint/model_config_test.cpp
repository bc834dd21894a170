// SPDX-License-Identifier: MIT
#include "checkpoint/model_config.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "checkpoint_writer.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace deepseekocr {
namespace {

using nlohmann::json;
using test::config_json;
using test::expect_error;
using test::preset;

const std::filesystem::path data = TEST_DATA_DIR;
const std::filesystem::path label_reader = BUNDLED_MODEL_DIR;

ModelConfig read(const json& config) {
  return ModelConfig::from_json(config.dump(), "a/config.json");
}

json mini() {
  return json::parse(config_json(preset("mini-a")));
}

TEST(ModelConfig, ReadsTheOfficialFile) {
  const ModelConfig config = ModelConfig::from_file(data / "official");
  EXPECT_EQ(config.name, "deepseek-ai/DeepSeek-OCR");
  EXPECT_EQ(config.sam.width, 768);
  EXPECT_EQ(config.sam.global_attention_layers, (std::vector<int>{2, 5, 8, 11}));
  EXPECT_EQ(config.sam.mlp_width(), 3072);
  EXPECT_EQ(config.sam.table_side(), 64);
  EXPECT_EQ(config.clip.layers, 24);
  EXPECT_EQ(config.clip.mlp_width(), 4096);
  EXPECT_EQ(config.clip.table_side(), 16);
  EXPECT_EQ(config.decoder.vocab_size, 129280);
  EXPECT_EQ(config.decoder.head_dim(), 128);
  EXPECT_EQ(config.decoder.max_positions, 8192);
  EXPECT_EQ(config.decoder.rms_norm_eps, 1e-6);
  EXPECT_EQ(config.image_token_id, 128815);
  EXPECT_EQ(config.canvases, (std::vector<CanvasSize>{{1024, 1024}}));
  EXPECT_FALSE(config.uses_canvases());
}

TEST(ModelConfig, ReadsTheBundledFile) {
  const ModelConfig config = ModelConfig::from_file(label_reader);
  EXPECT_EQ(config.name, "label-reader");
  EXPECT_EQ(config.sam.window_size, 8);
  EXPECT_EQ(config.sam.neck_channels, 128);
  EXPECT_EQ(config.clip.table_side(), 14);
  EXPECT_EQ(config.position_fit, PositionFit::crop);
  EXPECT_TRUE(config.uses_canvases());
  EXPECT_EQ(config.canvases[1], (CanvasSize{128, 384}));
  EXPECT_EQ(config.legible_text_height, 28);
  EXPECT_TRUE(config.int8_vision);
  EXPECT_EQ(config.supported_prompts, std::vector<std::string>{"Free OCR."});
  EXPECT_EQ(config.image_token_id, 5);
  EXPECT_EQ(config.decoder.bos_id, 1);
}

TEST(ModelConfig, ReadsEveryNumberOfAReducedModel) {
  const ModelConfig expected = preset("mini-b");
  const ModelConfig config = ModelConfig::from_json(config_json(expected), "config.json");
  EXPECT_EQ(config_json(config), config_json(expected));
  EXPECT_EQ(config.clip.mlp_width(), 240);
  EXPECT_TRUE(config.sam.is_global(0));
  EXPECT_FALSE(config.sam.is_global(1));
  EXPECT_TRUE(config.decoder.is_dense(1));
  EXPECT_FALSE(config.decoder.is_dense(2));
}

TEST(ModelConfig, PrefersTheTopLevelAndFallsBackToLanguageConfig) {
  json config = mini();
  config["language_config"]["max_position_embeddings"] = 4096;
  EXPECT_EQ(read(config).decoder.max_positions, 8192);
  config.erase("max_position_embeddings");
  EXPECT_EQ(read(config).decoder.max_positions, 4096);
  config["max_position_embeddings"] = nullptr;  // null counts as absent
  EXPECT_EQ(read(config).decoder.max_positions, 4096);
}

TEST(ModelConfig, TakesTheFoldersNameWhereTheFileHasNone) {
  const test::TemporaryFolder folder;
  std::filesystem::create_directory(folder / "my-model");
  test::write_file(folder / "my-model/config.json", mini().dump());
  EXPECT_EQ(ModelConfig::from_file(folder / "my-model").name, "my-model");
  EXPECT_EQ(ModelConfig::from_file(folder / "my-model/").name, "my-model");
}

/// One change to a good configuration, and what the refusal must say.
struct BadConfig {
  const char* pointer;  ///< where (RFC 6901)
  json value;           ///< discarded: remove
  const char* field;
  const char* reason;
  DsocrStatus status = DSOCR_INVALID_CHECKPOINT;
};

void PrintTo(const BadConfig& bad, std::ostream* stream) {
  *stream << bad.pointer << " = " << bad.value.dump();
}

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, AreRefusedByFileAndField) {
  const BadConfig& bad = GetParam();
  json config = mini();
  const json::json_pointer pointer(bad.pointer);
  if (bad.value.is_discarded()) {
    config[pointer.parent_pointer()].erase(pointer.back());
    if (config["language_config"].contains(pointer.back())) config["language_config"].erase(pointer.back());
  } else {
    config[pointer] = bad.value;
  }
  expect_error(bad.status, {"a/config.json", bad.field, bad.reason}, [&] { read(config); });
}

const json removed = json(json::value_t::discarded);

#define SAM "/vision_config/width/sam_vit_b/"
#define CLIP "/vision_config/width/clip-l-14-224/"
#define CLIP_FIELD "vision_config.width.clip-l-14-224."

INSTANTIATE_TEST_SUITE_P(
    Ranges, BadConfigs,
    testing::Values(BadConfig{"/vocab_size", removed, "\"vocab_size\"", "is missing"},
                    BadConfig{"/vision_config", removed, "\"vision_config\"", "is missing"},
                    BadConfig{"/vision_config", 3, "\"vision_config\"", "must be an object, not 3"},
                    BadConfig{"/language_config", "x", "\"language_config\"", "must be an object"},
                    BadConfig{"/vision_config/width/sam_vit_b", json::array(), "vision_config.width.sam_vit_b",
                              "an object, not []"},
                    BadConfig{"/hidden_size", 0, "\"hidden_size\"", "from 1 to"},
                    BadConfig{"/hidden_size", -128, "\"hidden_size\"", "not -128"},
                    BadConfig{"/hidden_size", 1ull << 63, "\"hidden_size\"", "not 9223372036854775808"},
                    BadConfig{"/hidden_size", 18446744073709551615ull, "\"hidden_size\"", "not 18446744073709551615"},
                    BadConfig{"/hidden_size", INT64_MIN, "\"hidden_size\"", "not -9223372036854775808"},
                    BadConfig{"/hidden_size", 128.5, "\"hidden_size\"", "must be an integer"},
                    BadConfig{"/hidden_size", "128", "\"hidden_size\"", "not \"128\""},
                    BadConfig{"/hidden_size", std::string(100000, 'x'), "\"hidden_size\"", "xxx..."},
                    BadConfig{"/num_hidden_layers", 1000000000, "\"num_hidden_layers\"", "from 1 to 256"},
                    BadConfig{"/vocab_size", 2000000000, "\"vocab_size\"", "2000000000"},
                    BadConfig{"/n_routed_experts", 100000, "\"n_routed_experts\"", "from 1 to 1024"},
                    BadConfig{"/num_experts_per_tok", 9, "\"num_experts_per_tok\"", "from 1 to 8"},
                    BadConfig{"/first_k_dense_replace", 4, "\"first_k_dense_replace\"", "from 0 to 3"},
                    BadConfig{"/eos_token_id", 2048, "\"eos_token_id\"", "from 0 to 2047"},
                    BadConfig{"/eos_token_id", {1, 2}, "\"eos_token_id\"", "not [1,2]"},
                    BadConfig{"/max_position_embeddings", 1 << 30, "\"max_position_embeddings\"", "1073741824"},
                    BadConfig{"/rope_theta", 0, "\"rope_theta\"", "must be a number from 1"},
                    BadConfig{"/rope_theta", "10000", "\"rope_theta\"", "must be a number"},
                    BadConfig{"/rms_norm_eps", -1e-6, "\"rms_norm_eps\"", "must be a number"},
                    BadConfig{"/norm_topk_prob", 1, "\"norm_topk_prob\"", "must be true or false"},
                    BadConfig{SAM "layers", 1000, "sam_vit_b.layers", "from 1 to 256"},
                    BadConfig{SAM "global_attn_indexes", {1, 4}, "sam_vit_b.global_attn_indexes", "from 0 to 3, not 4"},
                    BadConfig{SAM "global_attn_indexes", {0, 1, 2, 3, 3}, "global_attn_indexes", "at most 4 integers"},
                    BadConfig{SAM "downsample_channels", {96}, "sam_vit_b.downsample_channels", "two integers"},
                    BadConfig{SAM "mlp_ratio", 1e9, "sam_vit_b.mlp_ratio", "from 0 to 64"},
                    BadConfig{SAM "image_size", 1 << 20, "sam_vit_b.image_size", "from 1 to 8192"},
                    BadConfig{CLIP "patch_size", 0, CLIP_FIELD "patch_size", "from 1 to 64"},
                    BadConfig{"/position_fit", "stretch", "\"position_fit\"", "not \"stretch\""},
                    BadConfig{"/supported_prompts", "Free OCR.", "\"supported_prompts\"", "must be a list"},
                    BadConfig{"/supported_prompts", {""}, "\"supported_prompts\"", "non-empty"},
                    BadConfig{"/candidate_resolutions", {{512, 0}}, "\"candidate_resolutions\"", "[512,0]"},
                    BadConfig{"/candidate_resolutions", {512, 512}, "\"candidate_resolutions\"", "not 512"}));

INSTANTIATE_TEST_SUITE_P(
    Fit, BadConfigs,
    testing::Values(BadConfig{SAM "heads", 5, "sam_vit_b.width", "is 96, but must be a multiple"},
                    BadConfig{SAM "image_size", 1000, "sam_vit_b.image_size", "must be a multiple"},
                    BadConfig{SAM "mlp_ratio", 0.001, "sam_vit_b.mlp_ratio", "too small"},
                    BadConfig{SAM "patch_size", 10, "sam_vit_b.", "must be"},
                    BadConfig{CLIP "heads", 3, CLIP_FIELD "width", "must be a multiple"},
                    BadConfig{CLIP "width", 64, CLIP_FIELD "width", "downsample_channels"},
                    BadConfig{"/projector_config/input_dim", 255, "projector_config.input_dim", "is 255, but must be"},
                    BadConfig{"/projector_config/n_embed", 64, "projector_config.n_embed", "hidden_size, which is 128"},
                    BadConfig{"/image_token_id", 2048, "\"image_token_id\"", "below vocab_size, which is 2048"},
                    BadConfig{"/candidate_resolutions", {{512, 500}}, "\"candidate_resolutions\"", "multiples of 64"}));

INSTANTIATE_TEST_SUITE_P(
    Unsupported, BadConfigs,
    testing::Values(
        BadConfig{"/use_mla", true, "\"use_mla\"", "supports false only", DSOCR_UNSUPPORTED},
        BadConfig{"/tie_word_embeddings", true, "\"tie_word_embeddings\"", "is true", DSOCR_UNSUPPORTED},
        BadConfig{"/attention_bias", true, "\"attention_bias\"", "is true", DSOCR_UNSUPPORTED},
        BadConfig{"/rope_scaling", {{"type", "yarn"}}, "\"rope_scaling\"", "yarn", DSOCR_UNSUPPORTED},
        BadConfig{"/sliding_window", 128, "\"sliding_window\"", "128", DSOCR_UNSUPPORTED},
        BadConfig{"/quantization_config", json::object(), "\"quantization_config\"", "none", DSOCR_UNSUPPORTED},
        BadConfig{"/moe_layer_freq", 2, "\"moe_layer_freq\"", "supports 1 only", DSOCR_UNSUPPORTED},
        BadConfig{"/n_group", 8, "\"n_group\"", "supports 1 only", DSOCR_UNSUPPORTED},
        BadConfig{"/topk_group", 3, "\"topk_group\"", "supports 1 only", DSOCR_UNSUPPORTED},
        BadConfig{"/scoring_func", "sigmoid", "\"scoring_func\"", "softmax", DSOCR_UNSUPPORTED},
        BadConfig{"/topk_method", "noaux_tc", "\"topk_method\"", "greedy", DSOCR_UNSUPPORTED},
        BadConfig{"/hidden_act", "gelu", "\"hidden_act\"", "silu", DSOCR_UNSUPPORTED},
        BadConfig{"/num_key_value_heads", 2, "\"num_key_value_heads\"", "supports 4 only", DSOCR_UNSUPPORTED},
        BadConfig{"/projector_config/projector_type", "mlp", "projector_config.projector_type", "linear",
                  DSOCR_UNSUPPORTED},
        BadConfig{
            "/architectures", {"DeepseekOCR2ForCausalLM"}, "\"architectures\"", "DeepSeek-OCR-2", DSOCR_UNSUPPORTED}));

TEST(ModelConfig, RefusesCanvasesBeyondTheTablesThatAreCropped) {
  json config = json::parse(config_json(preset("mini-b")));  // tables of 512 pixels
  config["candidate_resolutions"] = {{512, 640}};
  EXPECT_NO_THROW(read(config));
  config["position_fit"] = "crop";
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "candidate_resolutions", "[512, 640]", "end at 512"},
               [&] { read(config); });
}

TEST(ModelConfig, RefusesHeadsThatDoNotDivideTheHiddenSizeOrHaveAnOddWidth) {
  json config = mini();
  config["num_attention_heads"] = config["num_key_value_heads"] = 3;
  expect_error(DSOCR_INVALID_CHECKPOINT, {"hidden_size", "multiple", "num_attention_heads"}, [&] { read(config); });
  config["num_attention_heads"] = config["num_key_value_heads"] = 128;
  expect_error(DSOCR_INVALID_CHECKPOINT, {"num_attention_heads", "even"}, [&] { read(config); });
}

TEST(ModelConfig, RefusesASizeThatNobodyMeans) {
  json config = mini();
  config["hidden_size"] = config["projector_config"]["n_embed"] = 32768;
  config["vocab_size"] = 4000000;
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "billion parameters"}, [&] { read(config); });
}

TEST(ModelConfig, NamesThePlaceOfMalformedJson) {
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "line 2, column 6"},
               [] { ModelConfig::from_json("{\n  \"a\"= 1}", "a/config.json"); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "not valid JSON"},
               [] { ModelConfig::from_json("", "a/config.json"); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "no JSON object"},
               [] { ModelConfig::from_json("[]", "a/config.json"); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "\"b\" twice"},
               [] { ModelConfig::from_json(R"({"a": {"b": 1, "b": 2}})", "a/config.json"); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "too large"},
               [] { ModelConfig::from_json(R"({"a": 1e999})", "a/config.json"); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {"a/config.json", "32 levels"},
               [] { ModelConfig::from_json(std::string(100000, '['), "a/config.json"); });
}

TEST(ModelConfig, NamesAFileThatIsMissingOrNoConfiguration) {
  const test::TemporaryFolder folder;
  expect_error(DSOCR_NOT_FOUND, {(folder / "config.json").string(), "does not exist"},
               [&] { ModelConfig::from_file(folder.path()); });
  test::write_file(folder / "config.json", std::string((1 << 20) + 1, ' '));
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / "config.json").string(), "1048577 bytes"},
               [&] { ModelConfig::from_file(folder.path()); });
  std::filesystem::remove(folder / "config.json");
  std::filesystem::create_directory(folder / "config.json");
  expect_error(DSOCR_INVALID_CHECKPOINT, {"config.json", "not a regular file"},
               [&] { ModelConfig::from_file(folder.path()); });
}

}  // namespace
}  // namespace deepseekocr
