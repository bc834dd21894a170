// SPDX-License-Identifier: MIT
// Views against the official preprocessing and against Pillow, bit for bit.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "image/views.h"
#include "tools/patterns.h"
#include "tools/sha256.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

json read_json(const std::string& name) {
  const std::string path = std::string(TEST_DATA_DIR) + "/" + name;
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  return json::parse(file);
}

std::string hash(const RgbImage& image) {
  return test::sha256_hex(image.data.data(), image.data.size());
}

std::vector<std::string> hashes(const std::vector<RgbImage>& images) {
  std::vector<std::string> out;
  out.reserve(images.size());
  for (const RgbImage& image : images) out.push_back(hash(image));
  return out;
}

DsocrMode mode_of(const std::string& name) {
  static const std::map<std::string, DsocrMode> modes = {{"auto", DSOCR_MODE_AUTO},   {"tiny", DSOCR_MODE_TINY},
                                                         {"small", DSOCR_MODE_SMALL}, {"base", DSOCR_MODE_BASE},
                                                         {"large", DSOCR_MODE_LARGE}, {"gundam", DSOCR_MODE_GUNDAM}};
  return modes.at(name);
}

PageViews views_of(const RgbImage& picture, DsocrMode mode, int max_tiles, const ModelConfig& config) {
  return make_views(picture, plan_views(picture.width, picture.height, mode, max_tiles, config));
}

TEST(GoldenViews, OfficialPreprocessing) {
  const ModelConfig config;
  const std::map<std::string, DsocrMode> views = {{"pad1024", DSOCR_MODE_BASE},
                                                  {"pad1280", DSOCR_MODE_LARGE},
                                                  {"squash512", DSOCR_MODE_TINY},
                                                  {"squash640", DSOCR_MODE_SMALL}};
  const json goldens = read_json("official/preprocess_golden.json");
  for (const json& golden : goldens["cases"]) {
    SCOPED_TRACE(golden["pattern"].get<std::string>() + " " + golden["w"].dump() + "x" + golden["h"].dump());
    const RgbImage picture = test::draw_pattern(golden["pattern"], golden["w"], golden["h"]);
    ASSERT_EQ(json(hash(picture)), golden["src_sha256"]);
    for (const auto& [key, mode] : views) {
      EXPECT_EQ(json(hash(views_of(picture, mode, 0, config).global)), golden[key]) << key;
    }
    for (const int max_tiles : {6, 9}) {
      const std::string suffix = "max" + std::to_string(max_tiles);
      const ViewPlan plan = plan_views(picture.width, picture.height, DSOCR_MODE_GUNDAM, max_tiles, config);
      // The file says [1, 1] where there are no tiles.
      const std::vector<int> grid = {std::max(plan.tiles.columns, 1), std::max(plan.tiles.rows, 1)};
      EXPECT_EQ(json(grid), golden["grid_" + suffix]) << suffix;
      EXPECT_EQ(json(image_token_count(plan, config)), golden["n_image_tokens_" + suffix]) << suffix;
      const PageViews made = make_views(picture, plan);
      EXPECT_EQ(json(hash(made.global)), golden["pad1024"]) << suffix;
      EXPECT_EQ(hashes(made.tiles), golden.value("tiles_" + suffix + "_sha256", std::vector<std::string>{})) << suffix;
    }
  }
}

TEST(GoldenViews, ViewsOfTheNetworkGoldens) {
  const ModelConfig config;
  for (const json& golden : read_json("image/golden_views.json")) {
    SCOPED_TRACE(golden["name"].get<std::string>());
    const RgbImage picture = test::draw_pattern(golden["pattern"], golden["width"], golden["height"]);
    ASSERT_EQ(json(hash(picture)), golden["sha256"]);
    const ViewPlan plan = plan_views(picture.width, picture.height, mode_of(golden["mode"]), 9, config);
    EXPECT_EQ(json(std::vector<int>{plan.tiles.columns, plan.tiles.rows}), golden["tile_grid"]);
    EXPECT_EQ(json(image_token_count(plan, config)), golden["image_tokens"]);
    const PageViews views = make_views(picture, plan);
    EXPECT_EQ(views.grid, plan.tiles);
    EXPECT_EQ(json(hash(views.global)), golden["global"]);
    EXPECT_EQ(hashes(views.tiles), golden["tiles"].get<std::vector<std::string>>());
  }
}

TEST(GoldenViews, PillowAtManySizes) {
  const json golden = read_json("image/pillow_views.json");
  ModelConfig config;
  config.has_position_fit = true;
  for (const json& canvas : golden["canvases"]) config.canvases.push_back({canvas[0], canvas[1]});
  for (const json& view : golden["cases"]) {
    SCOPED_TRACE(view.dump());
    const RgbImage picture = test::draw_pattern("syn", view["width"], view["height"]);
    const ViewPlan plan = plan_views(picture.width, picture.height, mode_of(view["mode"]), 0, config);
    EXPECT_EQ(plan.global, (CanvasSize{view["canvas"][0], view["canvas"][1]}));
    EXPECT_EQ(json(hash(make_views(picture, plan).global)), view["sha256"]);
  }
}

}  // namespace
}  // namespace deepseekocr
