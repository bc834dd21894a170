// SPDX-License-Identifier: MIT
// CLIP ViT encoder whose patch embedding is SAM's output (specification 1.2).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <utility>
#include <vector>

#include "checkpoint/model_config.h"
#include "model/stage_recorder.h"
#include "model/weight_loader.h"

namespace deepseekocr {

/// Not thread-safe: encode() fills a cache of position tables, one entry for each grid that it has seen.
class ClipEncoder {
 public:
  ClipEncoder(const ModelConfig& config, WeightLoader& loader);

  /// @param features F_sam (views, rows, columns, width)
  /// @return F_clip without the class token, (views, rows, columns, width)
  at::Tensor encode(const at::Tensor& features, const RunContext& context);

 private:
  struct Layer {
    NormWeights norm1, norm2;
    LinearWeights qkv, out, fc1, fc2;
  };
  at::Tensor forward(const Layer& layer, const at::Tensor& x) const;
  const at::Tensor& positions(int rows, int columns);

  ClipConfig config_;
  PositionFit fit_;
  at::Tensor class_token_;  ///< (width)
  at::Tensor positions_;    ///< (1 + side², width), the class token's first
  NormWeights pre_norm_;
  std::vector<Layer> layers_;
  std::map<std::pair<int, int>, at::Tensor> fitted_;  ///< (1 + rows·columns, width)
};

}  // namespace deepseekocr
