// SPDX-License-Identifier: MIT
#include "golden/golden_set.h"

#include <map>
#include <nlohmann/json.hpp>

#include "tools/temporary_folder.h"

namespace deepseekocr::test {
namespace {

using nlohmann::json;

DsocrMode mode_of(const std::string& name) {
  static const std::map<std::string, DsocrMode> modes = {{"auto", DSOCR_MODE_AUTO},   {"tiny", DSOCR_MODE_TINY},
                                                         {"small", DSOCR_MODE_SMALL}, {"base", DSOCR_MODE_BASE},
                                                         {"large", DSOCR_MODE_LARGE}, {"gundam", DSOCR_MODE_GUNDAM}};
  return modes.at(name);
}

GoldenDecode read_decode(const json& run) {
  GoldenDecode decode;
  decode.rule = run.at("rule");
  decode.ngram.size = run.value("ngram_size", 0);
  decode.ngram.window = run.value("window_size", 0);
  decode.ngram.whitelist = run.value("whitelist", std::vector<int32_t>());
  decode.ids = run.at("ids").get<std::vector<int32_t>>();
  decode.margins = run.at("margins").get<std::vector<float>>();
  return decode;
}

GoldenCase read_case(const json& entry, const std::filesystem::path& folder) {
  GoldenCase golden;
  golden.name = entry.at("name");
  golden.file = folder / entry.at("file").get<std::string>();
  golden.mode = mode_of(entry.at("mode"));
  const json& image = entry.at("image");
  golden.pattern = image.at("pattern");
  golden.image_sha256 = image.at("sha256");
  golden.width = image.at("width");
  golden.height = image.at("height");
  golden.ids_before = entry.at("ids_before_image").get<std::vector<int32_t>>();
  golden.ids_after = entry.at("ids_after_image").get<std::vector<int32_t>>();
  golden.image_tokens = entry.at("n_image_tokens");
  for (const auto& [name, tensor] : entry.at("tensors").items()) {
    golden.tensors.push_back({name, tensor.at("shape").get<std::vector<int64_t>>(), tensor.value("row_offset", 0),
                              tensor.value("row_step", 1)});
  }
  for (const json& run : entry.at("decode")) golden.decode.push_back(read_decode(run));
  return golden;
}

}  // namespace

GoldenSet GoldenSet::read(const std::filesystem::path& folder) {
  const json manifest = json::parse(read_file(folder / "manifest.json"));
  GoldenSet set;
  const json& checkpoint = manifest.at("checkpoint");
  set.preset = checkpoint.at("preset");
  set.seed = checkpoint.at("seed");
  set.weights_file = checkpoint.at("file");
  set.weights_sha256 = checkpoint.at("sha256");
  for (const json& entry : manifest.at("cases")) set.cases.push_back(read_case(entry, folder));
  return set;
}

}  // namespace deepseekocr::test
