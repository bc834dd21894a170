// SPDX-License-Identifier: MIT
// LoRA adapters: merged as PEFT merges them, refused by name where they cannot be.
#include "checkpoint/adapter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "checkpoint/safetensors_writer.h"
#include "checkpoint/sha256.h"
#include "checkpoint_writer.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace deepseekocr {
namespace {

using nlohmann::json;
using test::expect_error;
using test::read_file;
using test::TemporaryFolder;
using test::write_checkpoint;
using test::write_file;

const std::string kGolden = std::string(TEST_DATA_DIR) + "/golden/adapter-mini-a/";
const std::string kConfig = "adapter_config.json", kWeights = "adapter_model.safetensors";
const std::string kQuery = "model.layers.0.self_attn.q_proj";  // 128 × 128 in mini-a

std::vector<float> read_floats(const Checkpoint& checkpoint, const std::string& name) {
  std::vector<float> values(checkpoint.info(name).bytes / element_size(checkpoint.info(name).type));
  checkpoint.read(name, ElementType::f32, values.data());
  return values;
}

std::vector<float> read_stored(const SafetensorsFile& file, const std::string& name) {
  const std::vector<std::byte> bytes = file.read(name);
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), bytes.size());
  return values;
}

/// mini-a and a copy of one of the golden adapters, which a test may spoil.
class AdapterTest : public testing::Test {
 protected:
  AdapterTest() { write_checkpoint("mini-a", folder_ / "model"); }

  Checkpoint plain() const { return Checkpoint::open(folder_ / "model"); }
  Checkpoint merged() const { return Checkpoint::open(folder_ / "model", adapter()); }
  std::filesystem::path adapter() const { return folder_ / "adapter"; }

  void copy_golden(const std::string& name) const {
    std::filesystem::create_directories(adapter());
    for (const std::string& file : {kConfig, kWeights})
      write_file(adapter() / file, read_file(kGolden + name + "/" + file));
  }

  void change_config(const std::function<void(json&)>& change) const {
    json config = json::parse(read_file(adapter() / kConfig));
    change(config);
    write_file(adapter() / kConfig, config.dump());
  }

  /// Writes the tensors of the adapter again, each as `change` leaves it; an entry without a name is left out.
  void change_tensors(const std::function<void(SafetensorsEntry&, std::vector<std::byte>&)>& change) const {
    SafetensorsWriter writer;
    {
      const SafetensorsFile file = SafetensorsFile::open(adapter() / kWeights);
      for (SafetensorsEntry entry : file.entries()) {
        std::vector<std::byte> data = file.read(entry.name);
        change(entry, data);
        if (!entry.name.empty()) writer.add(entry.name, entry.type, entry.shape, data.data(), data.size());
      }
    }
    writer.write(adapter() / kWeights);
  }

  void rename(const std::string& from, const std::string& to) const {
    change_tensors([&](SafetensorsEntry& entry, std::vector<std::byte>&) {
      const size_t place = entry.name.find(from);
      if (place != std::string::npos) entry.name.replace(place, from.size(), to);
    });
  }

  void expect_refused(DsocrStatus status, std::initializer_list<std::string_view> parts) const {
    expect_error(status, parts, [&] { merged(); });
  }

  void expect_field_refused(const std::string& field, const json& value, DsocrStatus status,
                            std::string_view named) const {
    copy_golden("decoder");
    change_config([&](json& config) { config[field] = value; });
    expect_refused(status, {kConfig, "\"" + field + "\"", named});
  }

 private:
  TemporaryFolder folder_;
};

class GoldenAdapter : public AdapterTest, public testing::WithParamInterface<const char*> {};

TEST_P(GoldenAdapter, IsMergedToTheBit) {
  copy_golden(GetParam());
  const Checkpoint before = plain(), after = merged();
  const json hashes = json::parse(read_file(kGolden + GetParam() + "/manifest.json")).at("merged_sha256");
  for (const TensorRequirement& tensor : required_tensors(before.config())) {
    const std::vector<float> weights = read_floats(after, tensor.name);
    if (hashes.contains(tensor.name)) {
      EXPECT_EQ(sha256_hex(weights.data(), weights.size() * sizeof(float)), hashes.at(tensor.name)) << tensor.name;
    } else {
      EXPECT_EQ(weights, read_floats(before, tensor.name)) << tensor.name;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(ByPeft, GoldenAdapter, testing::Values("decoder", "vision", "patterns", "whole"),
                         [](const auto& info) { return info.param; });

TEST_F(AdapterTest, DoraIsMergedToTheLastPlaces) {
  copy_golden("dora");
  const SafetensorsFile golden = SafetensorsFile::open(kGolden + "dora/tiny.safetensors");
  const Checkpoint after = merged();
  int compared = 0;
  for (const std::string& name : golden.names()) {
    if (!name.starts_with("merged.")) continue;
    ++compared;
    const std::vector<float> want = read_stored(golden, name), have = read_floats(after, name.substr(7));
    ASSERT_EQ(have.size(), want.size());
    // The length of a row is a sum whose order is not PEFT's: an ulp of it, of the quotient and of the product.
    for (size_t i = 0; i < want.size(); ++i)
      ASSERT_NEAR(have[i], want[i], 4 * std::numeric_limits<float>::epsilon() * std::fabs(want[i])) << name << " " << i;
  }
  EXPECT_EQ(compared, 3);
}

TEST_F(AdapterTest, AnyPartIsThatOfTheWhole) {
  copy_golden("whole");
  const Checkpoint after = merged();
  for (const std::string name : {"model.embed_tokens.weight", "model.projector.layers.weight", "model.norm.weight",
                                 "model.vision_model.transformer.layers.1.self_attn.qkv_proj.bias"}) {
    const std::vector<float> whole = read_floats(after, name);
    for (const size_t first : {size_t{0}, size_t{1}, size_t{100}, whole.size() / 2 + 3}) {
      std::vector<float> part(std::min<size_t>(whole.size() - first, 333));
      if (first >= whole.size()) continue;
      after.read(name, ElementType::f32, first, part.size(), part.data());
      EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(first))) << name;
    }
  }
  std::vector<float> row(128);
  after.read_rows("model.embed_tokens.weight", 2047, 1, ElementType::f32, row.data());
  const std::vector<float> table = read_floats(after, "model.embed_tokens.weight");
  EXPECT_TRUE(std::equal(row.begin(), row.end(), table.end() - 128));
}

TEST_F(AdapterTest, RoundsOnceAfterTheMerge) {
  copy_golden("decoder");
  const Checkpoint after = merged();
  const std::string name = kQuery + ".weight";
  const std::vector<float> exact = read_floats(after, name);
  std::vector<uint16_t> rounded(exact.size()), expected(exact.size());
  after.read(name, ElementType::bf16, rounded.data());
  convert_elements(ElementType::f32, exact.data(), ElementType::bf16, expected.data(), exact.size());
  EXPECT_EQ(rounded, expected);
}

TEST_F(AdapterTest, SeveralThreadsReadTheSame) {
  copy_golden("vision");
  const Checkpoint after = merged();
  const std::vector<std::string> names = {"model.sam_model.blocks.0.attn.qkv.weight", "model.sam_model.net_2.weight",
                                          "model.projector.layers.weight"};
  std::vector<std::vector<float>> expected;
  for (const std::string& name : names) expected.push_back(read_floats(after, name));
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 30; ++i) {
        const auto place = static_cast<size_t>(t + i) % names.size();
        if (read_floats(after, names[place]) != expected[place]) ++wrong;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(AdapterTest, StoredInSixteenBitsIsTheSame) {
  copy_golden("decoder");
  const std::vector<float> expected = read_floats(merged(), kQuery + ".weight");
  for (const auto& [type, element] :
       {std::pair{StorageType::bf16, ElementType::bf16}, std::pair{StorageType::f16, ElementType::f16}}) {
    copy_golden("decoder");
    change_tensors([&](SafetensorsEntry& entry, std::vector<std::byte>& data) {
      std::vector<std::byte> narrow(data.size() / 2);  // the values have few bits
      convert_elements(ElementType::f32, data.data(), element, narrow.data(), data.size() / 4);
      data = narrow;
      entry.type = type;
    });
    EXPECT_EQ(read_floats(merged(), kQuery + ".weight"), expected);
  }
}

// ------------------------------------------------------------------------------------------------ refusals

TEST_F(AdapterTest, WhatIsMissingIsNamed) {
  std::filesystem::create_directories(adapter());
  expect_refused(DSOCR_NOT_FOUND, {kConfig});
  copy_golden("decoder");
  std::filesystem::remove(adapter() / kWeights);
  expect_refused(DSOCR_NOT_FOUND, {kWeights});
  write_file(adapter() / "adapter_model.bin", "pickle");
  expect_refused(DSOCR_UNSUPPORTED, {"adapter_model.bin", "safe_serialization"});
}

TEST_F(AdapterTest, DamagedFilesAreNamed) {
  copy_golden("decoder");
  write_file(adapter() / kConfig, "{\"r\": 3,");
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kConfig, "line 1"});
  for (const char* text : {"[]", "3", "null", "\"LORA\""}) {
    write_file(adapter() / kConfig, text);
    expect_refused(DSOCR_INVALID_CHECKPOINT, {kConfig, "no JSON object"});
  }
  copy_golden("decoder");
  const std::string weights = read_file(adapter() / kWeights);
  for (const size_t length : {size_t{0}, size_t{7}, size_t{100}, weights.size() / 2, weights.size() - 1}) {
    write_file(adapter() / kWeights, weights.substr(0, length));
    expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights});
  }
}

TEST_F(AdapterTest, FieldsThatAskForMoreAreNamed) {
  expect_field_refused("peft_type", "LOHA", DSOCR_UNSUPPORTED, "LORA");
  expect_field_refused("fan_in_fan_out", true, DSOCR_UNSUPPORTED, "transposed");
  expect_field_refused("use_qalora", true, DSOCR_UNSUPPORTED, "true");
  expect_field_refused("lora_bias", true, DSOCR_UNSUPPORTED, "true");
  expect_field_refused("target_parameters", json::array({"mlp.gate.weight"}), DSOCR_UNSUPPORTED, "mlp.gate.weight");
  expect_field_refused("trainable_token_indices", json::array({1}), DSOCR_UNSUPPORTED, "[1]");
  expect_field_refused("layer_replication", json::array({json::array({0, 1})}), DSOCR_UNSUPPORTED, "[[0,1]]");
  expect_field_refused("init_lora_weights", "pissa", DSOCR_UNSUPPORTED, "path_initial_model_for_weight_conversion");
  expect_field_refused("use_something_new", true, DSOCR_UNSUPPORTED, "true");
}

TEST_F(AdapterTest, FieldsThatMakeNoSenseAreNamed) {
  expect_field_refused("peft_type", nullptr, DSOCR_INVALID_CHECKPOINT, "missing");
  expect_field_refused("r", nullptr, DSOCR_INVALID_CHECKPOINT, "missing");
  expect_field_refused("r", 0, DSOCR_INVALID_CHECKPOINT, "0");
  expect_field_refused("r", 2.5, DSOCR_INVALID_CHECKPOINT, "2.5");
  expect_field_refused("lora_alpha", -1, DSOCR_INVALID_CHECKPOINT, "-1");
  expect_field_refused("lora_alpha", "8", DSOCR_INVALID_CHECKPOINT, "8");
  expect_field_refused("use_rslora", "yes", DSOCR_INVALID_CHECKPOINT, "yes");
  expect_field_refused("bias", "some", DSOCR_INVALID_CHECKPOINT, "lora_only");
  expect_field_refused("modules_to_save", "norm", DSOCR_INVALID_CHECKPOINT, "list");
  expect_field_refused("modules_to_save", json::array({3}), DSOCR_INVALID_CHECKPOINT, "3");
  expect_field_refused("rank_pattern", json::array(), DSOCR_INVALID_CHECKPOINT, "[]");
  expect_field_refused("rank_pattern", json{{"q_proj", 0}}, DSOCR_INVALID_CHECKPOINT, "q_proj");
  expect_field_refused("rank_pattern", json{{"q_proj", 2.5}}, DSOCR_INVALID_CHECKPOINT, "2.5");
  expect_field_refused("alpha_pattern", json{{"q_proj(", 1}}, DSOCR_INVALID_CHECKPOINT, "q_proj(");
}

TEST_F(AdapterTest, APatternThatTakesForEverIsRefused) {
  expect_field_refused("rank_pattern", json{{"((((a+|.+)+)+)+)+[^a-z0-9_.]", 3}}, DSOCR_INVALID_CHECKPOINT, "too long");
  expect_field_refused("rank_pattern", json{{std::string(2000, '('), 3}}, DSOCR_INVALID_CHECKPOINT, "bytes");
}

TEST_F(AdapterTest, WrongRanksAndShapesAreNamed) {
  copy_golden("decoder");
  change_config([](json& config) { config["r"] = 4; });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "lora_A", "[3, 352]", "rank 4"});
  copy_golden("decoder");
  change_config([](json& config) { config["rank_pattern"] = {{"v_proj", 2}}; });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "v_proj", "rank 2"});
  copy_golden("decoder");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name.find(kQuery + ".lora_B") != std::string::npos) entry.shape = {64, 6};
  });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, kQuery + ".lora_B.weight", "[64, 6]", "[128, 3]"});
  copy_golden("whole");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name.ends_with("projector.layers.weight")) entry.shape = {256, 128};
  });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "projector.layers.weight", "[256, 128]", "[128, 256]"});
}

TEST_F(AdapterTest, UnknownModulesAreNamed) {
  copy_golden("decoder");
  rename("layers.0.self_attn.q_proj", "layers.9.self_attn.q_proj");
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "layers.9.self_attn.q_proj", "another model"});
  copy_golden("decoder");
  rename("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "something");
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "\"something\""});
  copy_golden("decoder");
  rename(kQuery, "model.norm");
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "model.norm", "no matrix"});
}

TEST_F(AdapterTest, HalvesOfUpdatesAreNamed) {
  for (const auto& [part, missing] : {std::pair{"lora_A", "lora_A"}, std::pair{"lora_B", "lora_B"}}) {
    copy_golden("decoder");
    change_tensors([&, part = part](SafetensorsEntry& entry, std::vector<std::byte>&) {
      if (entry.name.find(kQuery + "." + part) != std::string::npos) entry.name.clear();
    });
    expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, kQuery, std::string("no ") + missing});
  }
  copy_golden("whole");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name.ends_with("model.norm.weight")) entry.name.clear();
  });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "\"model.norm\"", "modules_to_save"});
  copy_golden("dora");
  change_config([](json& config) { config["use_dora"] = false; });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "lora_magnitude_vector"});
  copy_golden("decoder");
  change_config([](json& config) { config["use_dora"] = true; });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "use_dora"});
  copy_golden("decoder");
  rename("q_proj.lora_A.weight", "q_proj.lora_B.bias");
  expect_refused(DSOCR_UNSUPPORTED, {kWeights, "lora_bias"});
}

TEST_F(AdapterTest, AnAdapterOfNothingIsRefused) {
  copy_golden("decoder");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name.find(kQuery) == std::string::npos) entry.name.clear();
  });
  rename(kQuery, "model.vision_model.embeddings.patch_embedding");  // which the network does not use
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "changes nothing"});
}

TEST_F(AdapterTest, ValuesThatAreNoNumbersAreNamed) {
  copy_golden("decoder");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>& data) {
    const float bad = std::numeric_limits<float>::quiet_NaN();
    if (entry.name.find(kQuery + ".lora_B") != std::string::npos) std::memcpy(data.data() + 8, &bad, sizeof bad);
  });
  const Checkpoint after = merged();
  expect_error(DSOCR_INVALID_CHECKPOINT, {kWeights, kQuery + ".lora_B.weight", "not finite"},
               [&] { read_floats(after, kQuery + ".weight"); });
  read_floats(after, "model.layers.0.self_attn.v_proj.weight");
}

TEST_F(AdapterTest, IntegersAreNoWeights) {
  copy_golden("decoder");
  change_tensors([](SafetensorsEntry& entry, std::vector<std::byte>&) { entry.type = StorageType::i32; });
  expect_refused(DSOCR_INVALID_CHECKPOINT, {kWeights, "I32"});
}

// ------------------------------------------------------------------------------------------------ patterns, identity

TEST(AdapterConfig, LooksUpPatternsAsPeftDoes) {
  const AdapterConfig config = AdapterConfig::from_json(
      R"({"peft_type": "LORA", "r": 8, "lora_alpha": 16, "use_rslora": true,
          "rank_pattern": {"^model.layers.0.self_attn.q_proj": 2, "layers\\.[12]\\..*": 3, "k_proj": 4},
          "alpha_pattern": {"q_proj": 1, "zq_proj": 5}})",
      kConfig);
  EXPECT_EQ(config.rank_of("model.layers.0.self_attn.q_proj"), 2);
  EXPECT_EQ(config.rank_of("other.model.layers.0.self_attn.q_proj"), 8);  // ^ is the start
  EXPECT_EQ(config.rank_of("model.layers.2.self_attn.v_proj"), 3);
  EXPECT_EQ(config.rank_of("model.layers.0.self_attn.k_proj"), 4);
  EXPECT_EQ(config.rank_of("model.layers.0.self_attn.xk_proj"), 8);  // begins after a dot
  EXPECT_EQ(config.rank_of("model.layers.0.self_attn.k_proj.inner"), 8);
  EXPECT_DOUBLE_EQ(config.scale_of("model.layers.0.self_attn.q_proj"), 1 / std::sqrt(2.0));
  EXPECT_DOUBLE_EQ(config.scale_of("model.layers.0.self_attn.o_proj"), 16 / std::sqrt(8.0));
}

TEST_F(AdapterTest, TheIdentityIsThatOfTheBytes) {
  copy_golden("decoder");
  const std::string identity = adapter_identity(adapter());
  EXPECT_EQ(identity.size(), 64u);
  EXPECT_EQ(identity, adapter_identity(kGolden + "decoder"));
  std::set<std::string> all = {identity, adapter_identity(kGolden + "vision")};
  std::string weights = read_file(adapter() / kWeights);
  weights.back() = static_cast<char>(weights.back() ^ 1);
  write_file(adapter() / kWeights, weights);
  all.insert(adapter_identity(adapter()));
  copy_golden("decoder");
  change_config([](json& config) { config["lora_alpha"] = 9; });
  all.insert(adapter_identity(adapter()));
  EXPECT_EQ(all.size(), 4u);
  std::filesystem::remove(adapter() / kWeights);
  expect_error(DSOCR_NOT_FOUND, {kWeights}, [&] { adapter_identity(adapter()); });
}

}  // namespace
}  // namespace deepseekocr
