// SPDX-License-Identifier: MIT
// From a picture to the views that the vision encoder sees (specification 3).
#pragma once

#include <deepseekocr/engine.h>

#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/model_config.h"
#include "image/image.h"

namespace deepseekocr {

/// Columns and rows of a tile grid; {0, 0}: no tiles.
struct TileGrid {
  int columns = 0;
  int rows = 0;
  int count() const { return columns * rows; }
  bool operator==(const TileGrid&) const = default;
};

/// What will be done with a picture; decided from its size alone.
struct ViewPlan {
  CanvasSize global;    ///< size of the global view
  bool squash = false;  ///< global view by plain resize (tiny, small), else letterbox
  TileGrid tiles;       ///< gundam only
  int tile_size = 640;
};

/// Where the pixels of one view lie: RGB, 8 bits a channel, rows without padding.
struct ViewPixels {
  int width = 0;
  int height = 0;
  const uint8_t* data = nullptr;
  bool on_device = false;  ///< in the memory of the model's device, else the host's
};

/// Owns the memory of a page's views on a device.  May be given up on any thread, once nothing reads it any more.
class DeviceViews {
 public:
  virtual ~DeviceViews() = default;
  /// The global view, then the tiles.
  virtual const std::vector<ViewPixels>& views() const = 0;
};

/// All views of one picture, RGB 8 bit, not yet normalised.
struct PageViews {
  RgbImage global;
  std::vector<RgbImage> tiles;  ///< row-major, all tile_size × tile_size
  TileGrid grid;
  std::shared_ptr<const DeviceViews> device;  ///< instead of `global` and `tiles`, which are empty then

  size_t count() const { return device ? device->views().size() : 1 + tiles.size(); }
  /// The global view (0) or tile index − 1.
  ViewPixels view(size_t index) const;
};

/// The pixels of a view on the host.
inline ViewPixels pixels_of(const RgbImage& view) {
  return {view.width, view.height, view.data.data(), false};
}

/// Chooses canvas and tiles (3.2, 3.4; mode AUTO: the canvas rule of the design where config.uses_canvases(), else
/// gundam).
/// @param max_tiles 2..9 (0: 9); transformers uses 9, vLLM 6.
/// @param text_height font size of the picture's smaller writing in its own pixels, where config.legible_text_height
/// can use it: AUTO then takes the smallest canvas on which that stays legible
/// @throws ArgumentError for a bad mode or max_tiles, naming the value.
ViewPlan plan_views(int width, int height, DsocrMode mode, int max_tiles, const ModelConfig& config,
                    std::optional<double> text_height = std::nullopt);

/// The plan for a picture whose pixels are there: its text height is estimated where that decides.
ViewPlan plan_views(const RgbImage& picture, DsocrMode mode, int max_tiles, const ModelConfig& config);

/// Whether the text height of a picture is worth an estimate.
bool uses_text_height(DsocrMode mode, const ModelConfig& config);

/// The part of the global view that the picture takes: all of it, or what the letterbox leaves.
Rect picture_in_global(int width, int height, const ViewPlan& plan);

/// What a letterbox is filled with in each channel: 0.5 · 255, truncated.
constexpr uint8_t kPadding = 127;

/// Carries the plan out: Pillow-exact 8-bit bicubic, letterbox colour 127 (3.3, 3.5).
PageViews make_views(const RgbImage& picture, const ViewPlan& plan);

/// Number of image tokens of the plan, newlines and separator included (1.4), for an encoder that turns
/// `patch * 4` pixels (64) into one token.
int image_token_count(const ViewPlan& plan, const ModelConfig& config);

}  // namespace deepseekocr
