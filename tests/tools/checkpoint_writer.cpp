// SPDX-License-Identifier: MIT
#include "checkpoint_writer.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <system_error>
#include <thread>

#include "checkpoint/safetensors_writer.h"
#include "philox.h"
#include "sha256.h"
#include "tensor_recipes.h"

namespace deepseekocr::test {
namespace {

constexpr uint64_t chunk_elements = 1 << 16;  // the working set of a thread stays in its L2 cache

/// Fills parts of one tensor.
class TensorFiller {
 public:
  TensorFiller(const TensorRecipe& recipe, int64_t seed)
      : shift_(static_cast<float>(recipe.mean)),
        scale_(static_cast<float>(recipe.deviation / std::sqrt((4294967296.0 - 1.0) / 3.0))) {
    const Sha256::Digest digest = sha256("deepseekocr-checkpoint/1\n" + std::to_string(seed) + "\n" + recipe.name);
    for (size_t i = 0; i < 16; ++i) key_[i / 8] |= uint64_t{digest[i]} << (8 * (i % 8));
  }

  /// Elements [begin, begin + count) as bf16 bits; `begin` is a multiple of 4.
  void fill(uint64_t begin, uint64_t count, uint16_t* bits) const {
    for (uint64_t done = 0; done < count; done += 4) {
      const PhiloxBlock block = philox_block(key_, (begin + done) / 4);
      const uint64_t part = std::min<uint64_t>(4, count - done);
      for (uint64_t i = 0; i < part; ++i) bits[done + i] = to_bf16(block[i]);
    }
  }

 private:
  uint16_t to_bf16(uint64_t random) const {
    const auto fields = std::bit_cast<std::array<uint16_t, 4>>(random);
    const int sum = fields[0] + fields[1] + fields[2] + fields[3] - 131070;
    const float value = shift_ + static_cast<float>(sum) * scale_;
    const auto raw = std::bit_cast<uint32_t>(value);
    return static_cast<uint16_t>((raw + 0x7fffu + ((raw >> 16) & 1u)) >> 16);
  }

  std::array<uint64_t, 2> key_ = {};
  float shift_;
  float scale_;
};

/// A file that several threads write at their own places.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path)
      : path_(path), descriptor_(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) fail();
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() { ::close(descriptor_); }

  void write_at(uint64_t offset, const void* data, size_t bytes) const {
    const auto* from = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t done = ::pwrite(descriptor_, from, bytes, static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) fail();
      from += done;
      offset += static_cast<uint64_t>(done);
      bytes -= static_cast<size_t>(done);
    }
  }

 private:
  [[noreturn]] void fail() const { throw std::system_error(errno, std::system_category(), path_.string()); }

  std::filesystem::path path_;
  int descriptor_;
};

/// Part of a tensor: the unit of work of a thread.
struct Chunk {
  size_t tensor;
  uint64_t begin;
  uint64_t count;
};

std::vector<Chunk> chunks_of(const std::vector<TensorRecipe>& recipes) {
  std::vector<Chunk> chunks;
  for (size_t tensor = 0; tensor < recipes.size(); ++tensor) {
    const uint64_t count = recipes[tensor].count();
    for (uint64_t begin = 0; begin < count; begin += chunk_elements)
      chunks.push_back({tensor, begin, std::min(chunk_elements, count - begin)});
  }
  return chunks;
}

/// Runs work(i) for i in [0, count) on several threads; the first exception stops the others and is thrown again.
template <typename Work>
void for_each_index(size_t count, unsigned threads, const Work& work) {
  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_mutex;  // guards failure
  const auto run = [&] {
    try {
      for (size_t i = next++; i < count; i = next++) work(i);
    } catch (...) {
      next = count;
      const std::lock_guard lock(failure_mutex);
      if (!failure) failure = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads; ++i) helpers.emplace_back(run);
    run();
  }
  if (failure) std::rethrow_exception(failure);
}

void write_shard(const std::filesystem::path& path, const std::vector<TensorRecipe>& recipes,
                 const CheckpointOptions& options) {
  const StorageType storage = options.type == ElementType::f32   ? StorageType::f32
                              : options.type == ElementType::f16 ? StorageType::f16
                                                                 : StorageType::bf16;
  std::vector<SafetensorsEntry> entries;
  std::vector<TensorFiller> fillers;
  for (const TensorRecipe& recipe : recipes) {
    entries.push_back({recipe.name, storage, recipe.shape, 0, 0});
    fillers.emplace_back(recipe, options.seed);
  }
  const std::string preamble = safetensors_preamble(entries);
  const OutputFile file(path);
  file.write_at(0, preamble.data(), preamble.size());
  const std::vector<Chunk> chunks = chunks_of(recipes);
  const size_t width = element_size(options.type);
  for_each_index(chunks.size(), options.threads, [&](size_t i) {
    const Chunk& chunk = chunks[i];
    std::vector<uint16_t> bits(chunk.count);
    fillers[chunk.tensor].fill(chunk.begin, chunk.count, bits.data());
    std::vector<std::byte> data(chunk.count * width);
    convert_elements(ElementType::bf16, bits.data(), options.type, data.data(), chunk.count);
    file.write_at(entries[chunk.tensor].offset + chunk.begin * width, data.data(), data.size());
  });
}

/// Consecutive groups of about equal size.
std::vector<std::vector<TensorRecipe>> split(std::vector<TensorRecipe> recipes, int shards) {
  uint64_t total = 0;
  for (const TensorRecipe& recipe : recipes) total += recipe.count();
  std::vector<std::vector<TensorRecipe>> groups(static_cast<size_t>(shards));
  uint64_t seen = 0;
  for (TensorRecipe& recipe : recipes) {
    const uint64_t count = recipe.count();
    groups[std::min(groups.size() - 1, static_cast<size_t>(seen * groups.size() / total))].push_back(std::move(recipe));
    seen += count;
  }
  std::erase_if(groups, [](const auto& group) { return group.empty(); });
  return groups;
}

std::string shard_name(size_t number, size_t count, bool official_layout) {
  if (count == 1) return official_layout ? "model-00001-of-000001.safetensors" : "model.safetensors";
  std::array<char, 64> name;
  std::snprintf(name.data(), name.size(), "model-%05zu-of-%05zu.safetensors", number, count);
  return name.data();
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw std::system_error(errno, std::system_category(), path.string());
}

}  // namespace

std::vector<std::string> write_checkpoint(const ModelConfig& config, const std::filesystem::path& directory,
                                          const CheckpointOptions& options) {
  config.check("The configuration to write");
  std::filesystem::create_directories(directory);
  write_text(directory / "config.json", config_json(config, options.type));
  const auto groups = split(tensor_recipes(config), std::max(1, options.shards));
  nlohmann::ordered_json weight_map;
  uint64_t parameters = 0;
  std::vector<std::string> names;
  for (const std::vector<TensorRecipe>& group : groups) {
    names.push_back(shard_name(names.size() + 1, groups.size(), options.official_layout));
    write_shard(directory / names.back(), group, options);
    for (const TensorRecipe& recipe : group) {
      weight_map[recipe.name] = names.back();
      parameters += recipe.count();
    }
  }
  if (names.front() != "model.safetensors") {
    const nlohmann::ordered_json index = {{"metadata", {{"total_size", parameters * element_size(options.type)}}},
                                          {"weight_map", weight_map}};
    write_text(directory / "model.safetensors.index.json", index.dump(1) + "\n");
  }
  if (!options.tokenizer.empty())
    std::filesystem::copy_file(options.tokenizer, directory / "tokenizer.json",
                               std::filesystem::copy_options::overwrite_existing);
  return names;
}

std::vector<std::string> write_checkpoint(std::string_view preset_name, const std::filesystem::path& directory,
                                          const CheckpointOptions& options) {
  return write_checkpoint(preset(preset_name), directory, options);
}

}  // namespace deepseekocr::test
