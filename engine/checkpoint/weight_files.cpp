// SPDX-License-Identifier: MIT
#include "checkpoint/weight_files.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "checkpoint/error.h"
#include "checkpoint/file.h"
#include "checkpoint/json_document.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

constexpr const char* single_name = "model.safetensors";
constexpr const char* index_name = "model.safetensors.index.json";
constexpr const char* official_name = "model-00001-of-000001.safetensors";  // sic: five and six digits
constexpr uint64_t largest_index = 64 << 20;

/// A plain name of a safetensors file: no folder, nothing hidden, nothing that C strings would cut.
bool is_plain_file_name(std::string_view name) {
  constexpr std::string_view suffix = ".safetensors";
  return name.size() > suffix.size() && name.size() <= 255 && name.ends_with(suffix) && name.front() != '.' &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

std::map<std::string, std::string> read_weight_map(const std::filesystem::path& index) {
  const std::string origin = index.string();
  const json root = parse_json(read_text_file(index, largest_index), origin);
  const auto map = root.is_object() ? root.find("weight_map") : root.end();
  if (map == root.end() || !map->is_object())
    throw CheckpointError(origin + ": the field \"weight_map\" must be an object of tensor names and file names.");
  std::map<std::string, std::string> weight_map;
  for (const auto& [tensor, file] : map->items()) {
    if (!file.is_string() || !is_plain_file_name(file.get_ref<const std::string&>()))
      throw CheckpointError(origin + ": the field \"weight_map\" places the tensor " + quote(tensor) + " in " +
                            excerpt(file) + ", but only names of .safetensors files in the same folder are allowed.");
    weight_map.emplace(tensor, file.get<std::string>());
  }
  return weight_map;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;  // a path that cannot be examined is reported when it is opened
  return std::filesystem::exists(path, ignored);
}

}  // namespace

WeightFiles find_weight_files(const std::filesystem::path& directory) {
  WeightFiles files;
  if (is_there(directory / single_name)) {
    files.single = directory / single_name;
  } else if (is_there(directory / index_name)) {
    files.index = directory / index_name;
    files.weight_map = read_weight_map(files.index);
  } else if (is_there(directory / official_name)) {
    files.single = directory / official_name;
  } else {
    throw EngineError(DSOCR_NOT_FOUND, directory.string() + " holds no weights: neither " + single_name + " nor " +
                                           index_name + " nor " + official_name +
                                           " is there; download the whole checkpoint into this folder.");
  }
  return files;
}

}  // namespace deepseekocr
