// SPDX-License-Identifier: MIT
#include "checkpoint/checkpoint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "checkpoint/safetensors_writer.h"
#include "checkpoint_writer.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace deepseekocr {
namespace {

using nlohmann::json;
using test::CheckpointOptions;
using test::expect_error;
using test::preset;
using test::read_file;
using test::TemporaryFolder;
using test::write_checkpoint;
using test::write_file;

const std::string weights_name = "model.safetensors";
const std::string index_name = "model.safetensors.index.json";
const std::string official_name = "model-00001-of-000001.safetensors";
const std::string newline_name = "model.image_newline";  // a small tensor
constexpr size_t newline_count = 128;                    // in mini-a

template <typename Element>
std::vector<Element> read(const Checkpoint& checkpoint, const std::string& name, ElementType type) {
  std::vector<Element> values(checkpoint.info(name).bytes / element_size(checkpoint.info(name).type));
  checkpoint.read(name, type, values.data());
  return values;
}

std::vector<float> read_floats(const Checkpoint& checkpoint, const std::string& name) {
  return read<float>(checkpoint, name, ElementType::f32);
}

/// Writes the tensors of a one-file checkpoint again, each as `change` leaves it; an entry without a name is left out.
template <typename Change>
void rewrite(const std::filesystem::path& path, const Change& change) {
  SafetensorsWriter writer;
  {
    const SafetensorsFile file = SafetensorsFile::open(path);
    for (SafetensorsEntry entry : file.entries()) {
      std::vector<std::byte> data = file.read(entry.name);
      change(entry, data);
      if (!entry.name.empty()) writer.add(entry.name, entry.type, entry.shape, data.data(), data.size());
    }
  }
  writer.write(path);
}

TEST(Checkpoint, OpensOneFile) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  EXPECT_EQ(checkpoint.directory(), folder.path());
  EXPECT_EQ(checkpoint.config().decoder.hidden_size, 128);
  EXPECT_EQ(static_cast<double>(checkpoint.parameter_count()), checkpoint.config().parameter_estimate());
  EXPECT_EQ(checkpoint.total_bytes(), 2 * checkpoint.parameter_count());
  EXPECT_EQ(checkpoint.info(newline_name).shape, std::vector<int64_t>{newline_count});
  EXPECT_EQ(checkpoint.info(newline_name).type, ElementType::bf16);
  EXPECT_TRUE(checkpoint.tokenizer_path().empty());
  write_file(folder / "tokenizer.json", "{}");
  EXPECT_EQ(checkpoint.tokenizer_path(), folder / "tokenizer.json");
  expect_error(DSOCR_INTERNAL, {"\"no.such.tensor\""}, [&] { checkpoint.info("no.such.tensor"); });
}

TEST(Checkpoint, HasAnIdentityThatChangesWithItsFiles) {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  CheckpointOptions options;
  options.shards = 2;
  const fs::path file = folder / "model" / write_checkpoint("mini-a", folder / "model", options).back();
  const auto identity = [&](const char* name = "model") { return Checkpoint::open(folder / name).identity(); };
  const std::string first = identity();
  EXPECT_EQ(first, identity());
  EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 2);
  fs::create_directory_symlink(folder / "model", folder / "link");
  EXPECT_EQ(identity("link"), first);
  const auto time = fs::last_write_time(file);
  fs::last_write_time(file, time + std::chrono::nanoseconds(1));
  EXPECT_NE(identity(), first);
  fs::last_write_time(file, time);
  EXPECT_EQ(identity(), first);
  const std::string bytes = read_file(file);
  for (const std::string& changed : {std::string(bytes).replace(bytes.find("\"pt\""), 4, "\"xx\""), bytes + "more"}) {
    write_file(file, changed);
    fs::last_write_time(file, time);
    EXPECT_NE(identity(), first);
  }
  write_file(file, bytes);
  fs::last_write_time(file, time);
  EXPECT_EQ(identity(), first);
  fs::rename(folder / "model", folder / "elsewhere");
  EXPECT_NE(identity("elsewhere"), first);
}

TEST(Checkpoint, OpensTheBundledModel) {
  const Checkpoint checkpoint = Checkpoint::open(BUNDLED_MODEL_DIR);
  EXPECT_EQ(checkpoint.parameter_count(), 7945152u);
  EXPECT_FALSE(checkpoint.tokenizer_path().empty());
}

TEST(Checkpoint, OpensTheOfficialFileNameWithAndWithoutItsIndex) {
  const TemporaryFolder folder;
  CheckpointOptions options;
  options.official_layout = true;
  write_checkpoint("mini-a", folder.path(), options);
  ASSERT_TRUE(std::filesystem::exists(folder / official_name));
  const std::vector<float> expected = read_floats(Checkpoint::open(folder.path()), newline_name);
  std::filesystem::remove(folder / index_name);
  EXPECT_EQ(read_floats(Checkpoint::open(folder.path()), newline_name), expected);
}

TEST(Checkpoint, ReadsShardsAndEveryStorageTypeToTheSameNumbers) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder / "bf16");
  const Checkpoint expected = Checkpoint::open(folder / "bf16");
  for (const ElementType type : {ElementType::f32, ElementType::f16}) {
    CheckpointOptions options;
    options.type = type;
    options.shards = 3;
    write_checkpoint("mini-a", folder / element_name(type), options);
    const Checkpoint checkpoint = Checkpoint::open(folder / element_name(type));
    int last_shard = 0;
    for (const TensorRequirement& tensor : required_tensors(checkpoint.config())) {
      EXPECT_EQ(checkpoint.info(tensor.name).type, type);
      last_shard = std::max(last_shard, checkpoint.info(tensor.name).shard);
      const std::vector<float> want = read_floats(expected, tensor.name);
      const std::vector<float> have = read_floats(checkpoint, tensor.name);
      ASSERT_EQ(have.size(), want.size());
      // Half precision rounds numbers near zero to multiples of 2^-24.
      for (size_t i = 0; i < want.size(); ++i)
        ASSERT_NEAR(have[i], want[i], type == ElementType::f32 ? 0 : 0x1p-25) << tensor.name << " " << i;
      if (type == ElementType::f32) {
        ASSERT_EQ(read<uint16_t>(checkpoint, tensor.name, ElementType::bf16),
                  read<uint16_t>(expected, tensor.name, ElementType::bf16));
      }
    }
    EXPECT_EQ(last_shard, 2);
  }
}

TEST(Checkpoint, ReadsPartsOfATensor) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  const std::string name = "model.embed_tokens.weight";  // bf16: converted, then as stored
  const std::vector<float> all = read_floats(checkpoint, name);
  const auto bits = read<uint16_t>(checkpoint, name, ElementType::bf16);
  for (const auto& [first, count] : {std::pair<size_t, size_t>{0, 1}, {3, 40000}, {all.size() - 5, 5}, {7, 0}}) {
    std::vector<float> part(count);
    checkpoint.read(name, ElementType::f32, first, count, part.data());
    EXPECT_TRUE(std::equal(part.begin(), part.end(), all.begin() + static_cast<std::ptrdiff_t>(first)));
    std::vector<uint16_t> stored(count);
    checkpoint.read(name, ElementType::bf16, first, count, stored.data());
    EXPECT_TRUE(std::equal(stored.begin(), stored.end(), bits.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST(Checkpoint, ReadsSomeRowsAndOutlivesItsFirstHandle) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const std::string name = "lm_head.weight";
  std::optional<Checkpoint> first = Checkpoint::open(folder.path());
  const Checkpoint copy = *first;
  const std::vector<float> all = read_floats(*first, name);
  first.reset();
  const int64_t rows = copy.info(name).shape[0], columns = copy.info(name).shape[1];
  for (const auto& [begin, count] : {std::pair<int64_t, int64_t>{0, 1}, {7, 3}, {rows - 2, 2}, {rows, 0}}) {
    std::vector<float> some(static_cast<size_t>(count * columns));
    copy.read_rows(name, begin, count, ElementType::f32, some.data());
    EXPECT_TRUE(std::equal(some.begin(), some.end(), all.begin() + begin * columns)) << begin;
    std::vector<uint16_t> narrow(some.size());
    copy.read_rows(name, begin, count, ElementType::bf16, narrow.data());
    std::vector<float> wide(some.size());
    convert_elements(ElementType::bf16, narrow.data(), ElementType::f32, wide.data(), wide.size());
    EXPECT_EQ(wide, some) << begin;
  }
  for (const auto& [begin, count] : {std::pair<int64_t, int64_t>{-1, 1}, {0, rows + 1}, {rows, 1}})
    expect_error(DSOCR_INTERNAL, {name, std::to_string(rows)},
                 [&] { copy.read_rows(name, begin, count, ElementType::f32, nullptr); });
}

TEST(Checkpoint, ReadsFromSeveralThreads) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  const std::string large = "model.embed_tokens.weight";
  const std::vector<float> expected = read_floats(checkpoint, large);
  std::array<std::vector<float>, 4> results;
  {
    std::vector<std::jthread> threads;
    threads.reserve(results.size());
    for (std::vector<float>& result : results) threads.emplace_back([&] { result = read_floats(checkpoint, large); });
  }
  for (const std::vector<float>& result : results) EXPECT_EQ(result, expected);
}

TEST(Checkpoint, IgnoresTensorsThatTheNetworkDoesNotUse) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  rewrite(folder / weights_name, [](SafetensorsEntry& entry, std::vector<std::byte>& data) {
    if (entry.name != "model.vision_model.embeddings.patch_embedding.weight") return;
    entry = {"model.vision_model.embeddings.position_ids", StorageType::i64, {1, 257}, 0, 0};
    data.assign(257 * 8, std::byte{1});
  });
  EXPECT_NO_THROW(Checkpoint::open(folder.path()));
}

TEST(Checkpoint, NamesAMissingFolderAndMissingFiles) {
  const TemporaryFolder folder;
  const std::string path = folder.path().string();
  expect_error(DSOCR_NOT_FOUND, {path + "/none", "does not exist"}, [&] { Checkpoint::open(folder / "none"); });
  expect_error(DSOCR_NOT_FOUND, {path + "/config.json"}, [&] { Checkpoint::open(folder.path()); });
  write_file(folder / "config.json", test::config_json(preset("mini-a")));
  expect_error(DSOCR_NOT_FOUND, {path, "no weights", weights_name, index_name},
               [&] { Checkpoint::open(folder.path()); });
  expect_error(DSOCR_INVALID_CHECKPOINT, {path + "/config.json", "not a folder"},
               [&] { Checkpoint::open(folder / "config.json"); });
  CheckpointOptions options;
  options.shards = 3;
  write_checkpoint("mini-a", folder.path(), options);
  std::filesystem::remove(folder / "model-00002-of-00003.safetensors");
  expect_error(DSOCR_NOT_FOUND, {path + "/model-00002-of-00003.safetensors"}, [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NamesAMissingTensor) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  rewrite(folder / weights_name, [](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name == newline_name) entry.name.clear();
  });
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), newline_name, "missing", "[128]"},
               [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NamesATensorOfWrongShape) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  rewrite(folder / weights_name, [](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name == newline_name) entry.shape = {1, 128};
  });
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), newline_name, "[1, 128]", "[128]"},
               [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NamesATensorOfWrongType) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  rewrite(folder / weights_name, [](SafetensorsEntry& entry, std::vector<std::byte>&) {
    if (entry.name == newline_name) entry.type = StorageType::i16;
  });
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), newline_name, "I16", "BF16"},
               [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NoticesAConfigurationOfAnotherModel) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  write_file(folder / "config.json", test::config_json(preset("mini-b")));
  expect_error(DSOCR_INVALID_CHECKPOINT, {weights_name, "model.sam_model.pos_embed", "do not belong together"},
               [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NoticesATruncatedFile) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  std::filesystem::resize_file(folder / weights_name, std::filesystem::file_size(folder / weights_name) - 1);
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), "cut off", "lm_head.weight"},
               [&] { Checkpoint::open(folder.path()); });
  std::filesystem::resize_file(folder / weights_name, 1000);
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), "cut off"},
               [&] { Checkpoint::open(folder.path()); });
  std::filesystem::resize_file(folder / weights_name, 0);
  expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), "0 bytes"},
               [&] { Checkpoint::open(folder.path()); });
}

TEST(Checkpoint, NamesAFileThatShrankAfterOpening) {
  const TemporaryFolder folder;
  write_checkpoint("mini-a", folder.path());
  const Checkpoint checkpoint = Checkpoint::open(folder.path());
  std::filesystem::resize_file(folder / weights_name, 100000);
  for (const ElementType type : {ElementType::bf16, ElementType::f32})
    expect_error(DSOCR_INVALID_CHECKPOINT, {(folder / weights_name).string(), "shorter"},
                 [&] { read<float>(checkpoint, "lm_head.weight", type); });
}

class BadIndex : public testing::Test {
 protected:
  BadIndex() {
    CheckpointOptions options;
    options.shards = 2;
    write_checkpoint("mini-a", folder_.path(), options);
    index_ = json::parse(read_file(folder_ / index_name));
  }
  void expect(std::initializer_list<std::string_view> parts) {
    write_file(folder_ / index_name, index_.dump());
    expect_error(DSOCR_INVALID_CHECKPOINT, parts, [&] { Checkpoint::open(folder_.path()); });
  }

  TemporaryFolder folder_;
  json index_;
};

TEST_F(BadIndex, MustNotLeaveTheFolder) {
  std::filesystem::copy_file(folder_ / "model-00001-of-00002.safetensors", folder_ / "other.safetensors");
  for (const char* name : {"../other.safetensors", "/etc/passwd", "sub/x.safetensors", "..", "", ".safetensors",
                           "a\\b.safetensors", "weights.bin"}) {
    index_["weight_map"][newline_name] = name;
    expect({index_name, "weight_map", newline_name, "same folder"});
  }
  index_["weight_map"][newline_name] = std::string("a\0.safetensors", 14);
  expect({index_name, "weight_map", newline_name});
  index_["weight_map"][newline_name] = 7;
  expect({index_name, "weight_map", newline_name});
}

TEST_F(BadIndex, MustNameEveryTensorInTheFileThatHasIt) {
  index_["weight_map"]["lm_head.weight"] = "model-00001-of-00002.safetensors";
  expect({"model-00001-of-00002.safetensors", "lm_head.weight", "missing"});
  index_["weight_map"].erase("lm_head.weight");
  expect({index_name, "weight_map", "lm_head.weight", "lacks"});
}

TEST_F(BadIndex, MustHaveAMap) {
  index_["weight_map"] = json::array();
  expect({index_name, "weight_map", "must be an object"});
  index_ = json::array();
  expect({index_name, "weight_map"});
}

}  // namespace
}  // namespace deepseekocr
