// SPDX-License-Identifier: MIT
// Which canvas and tiles a picture gets; arithmetic on sizes only.
#include <algorithm>
#include <cmath>
#include <string>

#include "checkpoint/error.h"
#include "image/text_height.h"
#include "image/views.h"

namespace deepseekocr {
namespace {

constexpr int kDefaultMaxTiles = 9;
constexpr int kTileSize = 640;
/// Up to this side gundam makes no tiles; the official code states it apart from the tile size.
constexpr int kTileThreshold = 640;

const char* mode_name(DsocrMode mode) {
  switch (mode) {
    case DSOCR_MODE_AUTO:
      return "auto";
    case DSOCR_MODE_TINY:
      return "tiny";
    case DSOCR_MODE_SMALL:
      return "small";
    case DSOCR_MODE_BASE:
      return "base";
    case DSOCR_MODE_LARGE:
      return "large";
    case DSOCR_MODE_GUNDAM:
      return "gundam";
  }
  return "unknown";
}

std::string size_text(CanvasSize size) {
  return std::to_string(size.width) + "x" + std::to_string(size.height);
}

int checked_max_tiles(int max_tiles) {
  if (max_tiles == 0) return kDefaultMaxTiles;
  if (max_tiles >= 2 && max_tiles <= kDefaultMaxTiles) return max_tiles;
  throw ArgumentError("max_tiles is " + std::to_string(max_tiles) + "; use 2 to 9, or 0 for 9.");
}

/// Tile grid of gundam (3.4): the nearest aspect ratio; on a tie the larger grid if the picture fills half of it.
TileGrid choose_grid(int width, int height, int max_tiles) {
  if (width <= kTileThreshold && height <= kTileThreshold) return {};
  const double aspect = static_cast<double>(width) / height;
  const double area = static_cast<double>(width) * height;
  TileGrid best;
  double best_difference = INFINITY;
  for (int count = 2; count <= max_tiles; ++count) {
    for (int columns = 1; columns <= count; ++columns) {
      if (count % columns != 0) continue;
      const TileGrid grid{columns, count / columns};
      const double difference = std::fabs(aspect - static_cast<double>(grid.columns) / grid.rows);
      const bool fills = area > 0.5 * kTileSize * kTileSize * count;
      if (difference < best_difference || (difference == best_difference && fills)) {
        best = grid;
        best_difference = difference;
      }
    }
  }
  return best;
}

/// Factor by which a picture is scaled to fit into a canvas; below 1 it is shrunk.
double fit_scale(int width, int height, CanvasSize canvas) {
  return std::min(static_cast<double>(canvas.width) / width, static_cast<double>(canvas.height) / height);
}

int64_t pixel_count(CanvasSize canvas) {
  return static_cast<int64_t>(canvas.width) * canvas.height;
}

bool has_fewer_pixels(CanvasSize a, CanvasSize b) {
  return pixel_count(a) < pixel_count(b);
}

/// The smallest canvas in which the picture is not shrunk, else the smallest of those that shrink it least; or the
/// smallest in which it is shrunk to no less than `legible_scale`, if that is smaller.
CanvasSize choose_canvas(int width, int height, const std::vector<CanvasSize>& canvases, double legible_scale) {
  constexpr double tolerance = 1e-9;  // scales this close are a tie
  double best_scale = 0.0;
  for (const CanvasSize& canvas : canvases) best_scale = std::max(best_scale, fit_scale(width, height, canvas));
  const double enough = std::min(best_scale >= 1.0 ? 1.0 : best_scale - tolerance, legible_scale);
  std::vector<CanvasSize> candidates;
  for (const CanvasSize& canvas : canvases) {
    if (fit_scale(width, height, canvas) >= enough) candidates.push_back(canvas);
  }
  return *std::min_element(candidates.begin(), candidates.end(), has_fewer_pixels);
}

ViewPlan plan_mode(int width, int height, DsocrMode mode, int max_tiles) {
  switch (mode) {
    case DSOCR_MODE_TINY:
      return {.global = {512, 512}, .squash = true, .tiles = {}};
    case DSOCR_MODE_SMALL:
      return {.global = {640, 640}, .squash = true, .tiles = {}};
    case DSOCR_MODE_BASE:
      return {.global = {1024, 1024}, .tiles = {}};
    case DSOCR_MODE_LARGE:
      return {.global = {1280, 1280}, .tiles = {}};
    case DSOCR_MODE_AUTO:
    case DSOCR_MODE_GUNDAM:
      return {.global = {1024, 1024}, .tiles = choose_grid(width, height, max_tiles), .tile_size = kTileSize};
  }
  throw ArgumentError("mode is " + std::to_string(static_cast<int>(mode)) +
                      "; use 0 (auto), 1 (tiny), 2 (small), 3 (base), 4 (large) or 5 (gundam).");
}

/// Where position tables are cropped and not interpolated, a canvas larger than they are has no positions.
void check_positions(DsocrMode mode, CanvasSize size, const ModelConfig& config) {
  if (config.position_fit != PositionFit::crop) return;
  const int token_size = config.sam.patch_size * 4;
  const int limit = std::min(config.sam.image_size, config.clip.table_side() * token_size);
  if (size.width <= limit && size.height <= limit) return;
  const CanvasSize largest = config.canvases.empty()
                                 ? CanvasSize{limit, limit}
                                 : *std::max_element(config.canvases.begin(), config.canvases.end(), has_fewer_pixels);
  throw ArgumentError(std::string("Mode ") + mode_name(mode) + " needs a canvas of " + size_text(size) +
                      " pixels, but this checkpoint's largest is " + size_text(largest) +
                      "; use a mode that fits, or another checkpoint.");
}

int grid_tokens(int columns, int rows) {
  return rows * (columns + 1);
}

}  // namespace

ViewPlan plan_views(int width, int height, DsocrMode mode, int max_tiles, const ModelConfig& config,
                    std::optional<double> text_height) {
  if (width < 1 || height < 1) {
    throw ArgumentError("The picture is " + std::to_string(width) + "x" + std::to_string(height) +
                        " pixels; both sides must be at least 1.");
  }
  const int tile_limit = checked_max_tiles(max_tiles);
  ViewPlan plan;
  if (mode == DSOCR_MODE_AUTO && config.uses_canvases()) {
    const bool known = text_height.value_or(0) > 0 && config.legible_text_height > 0;
    plan.global =
        choose_canvas(width, height, config.canvases, known ? config.legible_text_height / *text_height : 1.0);
  } else {
    plan = plan_mode(width, height, mode, tile_limit);
  }
  check_positions(mode, plan.global, config);
  return plan;
}

bool uses_text_height(DsocrMode mode, const ModelConfig& config) {
  return mode == DSOCR_MODE_AUTO && config.uses_canvases() && config.legible_text_height > 0;
}

ViewPlan plan_views(const RgbImage& picture, DsocrMode mode, int max_tiles, const ModelConfig& config) {
  return plan_views(picture.width, picture.height, mode, max_tiles, config,
                    uses_text_height(mode, config) ? estimate_text_height(picture) : std::nullopt);
}

int image_token_count(const ViewPlan& plan, const ModelConfig& config) {
  const int token_size = config.sam.patch_size * 4;
  const int global = grid_tokens(plan.global.width / token_size, plan.global.height / token_size);
  const int side = plan.tile_size / token_size;
  const int local = plan.tiles.count() > 0 ? grid_tokens(plan.tiles.columns * side, plan.tiles.rows * side) : 0;
  return local + global + 1;
}

}  // namespace deepseekocr
