// SPDX-License-Identifier: MIT
// Canvas, tile grid and token count from a picture's size.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "checkpoint/error.h"
#include "image/views.h"

namespace deepseekocr {
namespace {

ModelConfig label_reader_config() {
  ModelConfig config;
  config.has_position_fit = true;
  config.position_fit = PositionFit::crop;
  config.sam.image_size = 512;
  config.clip.image_size = 128;
  config.clip.patch_size = 16;
  config.canvases = {{512, 512}, {256, 512}, {128, 512}, {256, 256}, {128, 256}};
  return config;
}

std::string error_of(int width, int height, DsocrMode mode, int max_tiles, const ModelConfig& config) {
  try {
    plan_views(width, height, mode, max_tiles, config);
  } catch (const ArgumentError& error) {
    EXPECT_EQ(error.status(), DSOCR_INVALID_ARGUMENT);
    return error.what();
  }
  return "";
}

CanvasSize auto_canvas(int width, int height) {
  return plan_views(width, height, DSOCR_MODE_AUTO, 0, label_reader_config()).global;
}

TEST(ViewPlan, FixedModesIgnoreTheSize) {
  const ModelConfig config;
  const struct {
    DsocrMode mode;
    int side;
    bool squash;
    int tokens;
  } modes[] = {{DSOCR_MODE_TINY, 512, true, 73},
               {DSOCR_MODE_SMALL, 640, true, 111},
               {DSOCR_MODE_BASE, 1024, false, 273},
               {DSOCR_MODE_LARGE, 1280, false, 421}};
  for (const auto& expected : modes) {
    const ViewPlan plan = plan_views(5000, 3, expected.mode, 0, config);
    EXPECT_EQ(plan.global, (CanvasSize{expected.side, expected.side}));
    EXPECT_EQ(plan.squash, expected.squash);
    EXPECT_EQ(plan.tiles.count(), 0);
    EXPECT_EQ(image_token_count(plan, config), expected.tokens);
  }
}

TEST(ViewPlan, GundamGrids) {
  const ModelConfig config;
  const struct {
    int width, height, max_tiles;
    TileGrid grid;
    int tokens;
  } cases[] = {
      {1191, 1684, 9, {2, 3}, 903},  {1191, 1684, 6, {2, 3}, 903},  {800, 600, 9, {3, 2}, 893},
      {1000, 1000, 9, {2, 2}, 693},  {1920, 1080, 9, {4, 2}, 1093}, {1920, 1080, 6, {2, 1}, 483},
      {1080, 1920, 9, {2, 4}, 1113}, {1080, 1920, 6, {1, 2}, 493},  {640, 640, 9, {0, 0}, 273},
      {641, 1, 9, {9, 1}, 1183},     {1, 20000, 9, {1, 9}, 1263},   {3000, 3000, 9, {3, 3}, 1203},
      {641, 321, 2, {2, 1}, 483},
  };
  for (const auto& expected : cases) {
    SCOPED_TRACE(std::to_string(expected.width) + "x" + std::to_string(expected.height));
    const ViewPlan plan = plan_views(expected.width, expected.height, DSOCR_MODE_GUNDAM, expected.max_tiles, config);
    EXPECT_EQ(plan.tiles, expected.grid);
    EXPECT_EQ(plan.tile_size, 640);
    EXPECT_EQ(plan.global, (CanvasSize{1024, 1024}));
    EXPECT_EQ(image_token_count(plan, config), expected.tokens);
  }
}

TEST(ViewPlan, AutoWithoutCanvasesIsGundam) {
  ModelConfig config;
  config.canvases = {{1024, 1024}};  // the official file has the key, but it means nothing without position_fit
  EXPECT_EQ(plan_views(1920, 1080, DSOCR_MODE_AUTO, 0, config).tiles, (TileGrid{4, 2}));
}

TEST(ViewPlan, AutoTakesTheSmallestCanvasThatHoldsThePicture) {
  EXPECT_EQ(auto_canvas(1, 1), (CanvasSize{128, 256}));
  EXPECT_EQ(auto_canvas(256, 128), (CanvasSize{128, 256}));
  EXPECT_EQ(auto_canvas(257, 128), (CanvasSize{128, 512}));
  EXPECT_EQ(auto_canvas(256, 129), (CanvasSize{256, 256}));
  EXPECT_EQ(auto_canvas(512, 256), (CanvasSize{256, 512}));
  EXPECT_EQ(auto_canvas(300, 512), (CanvasSize{512, 512}));
}

TEST(ViewPlan, AutoShrinksAsLittleAsPossibleAndThenTakesTheFewestPixels) {
  EXPECT_EQ(auto_canvas(1280, 720), (CanvasSize{512, 512}));   // 0.4; 256 rows would need 0.36
  EXPECT_EQ(auto_canvas(1280, 640), (CanvasSize{256, 512}));   // 0.4 in both
  EXPECT_EQ(auto_canvas(5120, 1280), (CanvasSize{128, 512}));  // 0.1 in three
  EXPECT_EQ(auto_canvas(1, 20000), (CanvasSize{512, 512}));
}

TEST(ViewPlan, AutoTakesTheSmallestCanvasOnWhichTheTextStaysLegible) {
  ModelConfig config = label_reader_config();
  config.legible_text_height = 22;
  const auto canvas = [&](int width, int height, std::optional<double> text_height) {
    return plan_views(width, height, DSOCR_MODE_AUTO, 0, config, text_height).global;
  };
  EXPECT_EQ(canvas(512, 256, 22), (CanvasSize{256, 512}));
  EXPECT_EQ(canvas(512, 256, 43), (CanvasSize{256, 512}));  // 128 rows would need 0.5
  EXPECT_EQ(canvas(512, 256, 44), (CanvasSize{128, 256}));
  EXPECT_EQ(canvas(512, 256, 10), (CanvasSize{256, 512}));  // never enlarged for it
  EXPECT_EQ(canvas(512, 256, std::nullopt), (CanvasSize{256, 512}));
  EXPECT_EQ(canvas(1280, 720, 30), (CanvasSize{512, 512}));  // illegible on all
  config.legible_text_height = 0;
  EXPECT_EQ(canvas(512, 256, 44), (CanvasSize{256, 512}));
}

TEST(ViewPlan, APicturesTextIsMeasuredWhereItDecides) {
  ModelConfig config = label_reader_config();
  RgbImage picture(512, 256);
  for (int y = 0; y < 256; ++y) {
    // strokes of two lines, each 60 rows high
    for (int x = 0; x < 512; ++x) {
      const uint8_t value = y % 128 < 60 && x % 12 < 4 ? 0 : 255;
      std::fill_n(picture.row(y) + 3 * x, 3, value);
    }
  }
  EXPECT_EQ(plan_views(picture, DSOCR_MODE_AUTO, 0, config).global, (CanvasSize{256, 512}));
  config.legible_text_height = 22;
  EXPECT_EQ(plan_views(picture, DSOCR_MODE_AUTO, 0, config).global, (CanvasSize{128, 256}));
  EXPECT_EQ(plan_views(picture, DSOCR_MODE_TINY, 0, config).global, (CanvasSize{512, 512}));
}

TEST(ViewPlan, RectangularCanvasTokens) {
  const ModelConfig config = label_reader_config();
  EXPECT_EQ(image_token_count(plan_views(1280, 640, DSOCR_MODE_AUTO, 0, config), config), 4 * 9 + 1);
}

TEST(ViewPlan, RefusesModesBeyondThePositionTables) {
  const ModelConfig config = label_reader_config();
  EXPECT_EQ(plan_views(300, 200, DSOCR_MODE_TINY, 0, config).global, (CanvasSize{512, 512}));
  const std::string message = error_of(300, 200, DSOCR_MODE_BASE, 0, config);
  EXPECT_NE(message.find("base"), std::string::npos) << message;
  EXPECT_NE(message.find("1024x1024"), std::string::npos) << message;
  EXPECT_NE(message.find("512x512"), std::string::npos) << message;
  for (const DsocrMode mode : {DSOCR_MODE_SMALL, DSOCR_MODE_LARGE, DSOCR_MODE_GUNDAM}) {
    EXPECT_NE(error_of(300, 200, mode, 0, config), "");
  }
}

TEST(ViewPlan, RefusesBadArguments) {
  const ModelConfig config;
  for (const int max_tiles : {-1, 1, 10, 1 << 30}) {
    const std::string message = error_of(300, 200, DSOCR_MODE_GUNDAM, max_tiles, config);
    EXPECT_NE(message.find(std::to_string(max_tiles)), std::string::npos) << message;
  }
  EXPECT_NE(error_of(300, 200, static_cast<DsocrMode>(6), 0, config).find("mode is 6"), std::string::npos);
  EXPECT_NE(error_of(0, 200, DSOCR_MODE_BASE, 0, config).find("0x200"), std::string::npos);
  EXPECT_NE(error_of(200, -1, DSOCR_MODE_BASE, 0, config), "");
}

}  // namespace
}  // namespace deepseekocr
