// SPDX-License-Identifier: MIT
#include "image/views.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "image/resize.h"

namespace deepseekocr {
namespace {

/// Python's round(): to nearest, halves to even, whatever the rounding mode of the process.
int round_half_even(double value) {
  const double below = std::floor(value);
  const double rest = value - below;
  const int whole = static_cast<int>(below);
  if (rest != 0.5) return rest < 0.5 ? whole : whole + 1;
  return whole % 2 == 0 ? whole : whole + 1;
}

/// Size of a picture scaled into a canvas with its aspect kept (3.3); at least one pixel, however thin it is.
CanvasSize contained_size(int width, int height, CanvasSize canvas) {
  const double aspect = static_cast<double>(width) / height;
  const double canvas_aspect = static_cast<double>(canvas.width) / canvas.height;
  CanvasSize size = canvas;
  if (aspect > canvas_aspect) {
    size.height = round_half_even(static_cast<double>(height) / width * canvas.width);
  } else if (aspect < canvas_aspect) {
    size.width = round_half_even(static_cast<double>(width) / height * canvas.height);
  }
  return {std::max(size.height, 1), std::max(size.width, 1)};
}

RgbImage letterbox(const RgbImage& picture, const ViewPlan& plan) {
  const Rect part = picture_in_global(picture.width, picture.height, plan);
  RgbImage out(plan.global.width, plan.global.height);
  std::fill(out.data.begin(), out.data.end(), kPadding);
  resize_bicubic(picture, part.width, part.height, [&](int y, const uint8_t* row) {
    std::memcpy(out.row(part.y + y) + static_cast<size_t>(part.x) * 3, row, static_cast<size_t>(part.width) * 3);
  });
  return out;
}

/// Resizes to the whole grid, aspect not kept, and cuts each row into its tiles as it comes.
std::vector<RgbImage> make_tiles(const RgbImage& picture, TileGrid grid, int tile_size) {
  std::vector<RgbImage> tiles(static_cast<size_t>(grid.count()), RgbImage(tile_size, tile_size));
  const size_t bytes = static_cast<size_t>(tile_size) * 3;
  resize_bicubic(picture, grid.columns * tile_size, grid.rows * tile_size, [&](int y, const uint8_t* row) {
    const int tile_row = y / tile_size;
    RgbImage* first = &tiles[static_cast<size_t>(tile_row) * static_cast<size_t>(grid.columns)];
    for (int column = 0; column < grid.columns; ++column, row += bytes) {
      std::memcpy(first[column].row(y % tile_size), row, bytes);
    }
  });
  return tiles;
}

}  // namespace

ViewPixels PageViews::view(size_t index) const {
  if (device) return device->views().at(index);
  return pixels_of(index == 0 ? global : tiles.at(index - 1));
}

Rect picture_in_global(int width, int height, const ViewPlan& plan) {
  if (plan.squash) return {0, 0, plan.global.width, plan.global.height};
  const CanvasSize size = contained_size(width, height, plan.global);
  return {round_half_even((plan.global.width - size.width) * 0.5),
          round_half_even((plan.global.height - size.height) * 0.5), size.width, size.height};
}

PageViews make_views(const RgbImage& picture, const ViewPlan& plan) {
  PageViews views;
  views.grid = plan.tiles;
  views.global =
      plan.squash ? resize_bicubic(picture, plan.global.width, plan.global.height) : letterbox(picture, plan);
  if (plan.tiles.count() > 0) views.tiles = make_tiles(picture, plan.tiles, plan.tile_size);
  return views;
}

}  // namespace deepseekocr
