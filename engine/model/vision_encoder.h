// SPDX-License-Identifier: MIT
// From pictures to image tokens: SAM, CLIP, the projector and the token layout together (specification 1.0).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint/model_config.h"
#include "image/views.h"
#include "model/clip_encoder.h"
#include "model/sam_encoder.h"
#include "model/stage_recorder.h"
#include "model/tile_cache.h"
#include "model/weight_loader.h"
#include "serving/model_runner.h"

namespace deepseekocr {

/// Views as the network wants them: (views, 3, height, width), (v / 255 − 0.5) / 0.5 computed in float32 (3.6), then
/// cast to the dtype of `options`.  All of equal size.
/// Views on a device are read by what is queued on the current stream.
at::Tensor normalise(std::span<const ViewPixels> views, const at::TensorOptions& options);

/// Memory that a batch of views takes beside the weights, roughly, in bytes.
uint64_t vision_working_memory(const ModelConfig& config);

/// Not thread-safe.
class VisionEncoder {
 public:
  VisionEncoder(const ModelConfig& config, WeightLoader& loader);

  /// Encodes the pages' views, those of equal size together, and lays the tokens of each page out.  On a processor, a
  /// tile with the same pixels as one of the last is not encoded again, unless stages are recorded.
  /// @return for each page (tokens, hidden); undefined where its flag was set
  std::vector<at::Tensor> encode(std::span<const PageViews* const> pages, std::span<const CancelFlag* const> cancelled,
                                 StageRecorder* recorder);

  /// Views that went through the network so far.
  uint64_t views_encoded() const { return views_encoded_; }

 private:
  /// A view of some page.
  struct View {
    ViewPixels image;
    size_t page;
    size_t index;  ///< 0: the global view, else tile index − 1
  };
  /// (views, 3, height, width) → (views, rows, columns, hidden)
  at::Tensor encode_views(const at::Tensor& pixels, const RunContext& context);
  void encode_batch(std::span<const View> batch, std::span<const CancelFlag* const> cancelled, StageRecorder* recorder,
                    std::vector<std::vector<at::Tensor>>& features);
  /// Views of equal size, `step` at once, or fewer where memory ends.
  void encode_group(std::span<const View> views, size_t step, std::span<const CancelFlag* const> cancelled,
                    StageRecorder* recorder, std::vector<std::vector<at::Tensor>>& features);

  /// Tokens of the page's tiles that are known already.
  void recall_tiles(const PageViews& page, std::vector<at::Tensor>& features);
  /// Gives tiles of a page that equal an earlier one its tokens, and keeps those that are new.
  void repeat_tiles(const PageViews& page, std::vector<at::Tensor>& features);

  SamEncoder sam_;
  ClipEncoder clip_;
  LinearWeights projector_;
  at::Tensor newline_;    ///< (hidden)
  at::Tensor separator_;  ///< (hidden)
  int patch_size_;
  at::TensorOptions options_;
  TileCache tiles_;
  uint64_t views_encoded_ = 0;
};

}  // namespace deepseekocr
