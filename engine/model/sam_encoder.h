// SPDX-License-Identifier: MIT
// SAM ViT encoder with windowed and global attention, neck and 16-fold compressor (specification 1.1).
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/model_config.h"
#include "model/stage_recorder.h"
#include "model/weight_loader.h"

namespace deepseekocr {

/// Not thread-safe: encode() fills a cache of position tables, one entry for each grid that it has seen.
class SamEncoder {
 public:
  SamEncoder(const ModelConfig& config, WeightLoader& loader);

  /// @param pixels (views, 3, height, width), normalised; sides are multiples of the patch size
  /// @return F_sam (views, rows, columns, channels), one row for each 4 patches
  at::Tensor encode(const at::Tensor& pixels, const RunContext& context);

 private:
  struct Block {
    NormWeights norm1, norm2;
    LinearWeights qkv, projection, mlp_in, mlp_out;
    at::Tensor row_positions, column_positions;  ///< rel_pos_h, rel_pos_w as stored
    bool global = false;
  };
  /// [query, key] tables of one block for one grid.
  struct RelativeTables {
    at::Tensor rows, columns;
  };
  struct GridTables {
    at::Tensor absolute;                   ///< (rows, columns, width)
    std::vector<RelativeTables> relative;  ///< of each block; window blocks have tables of the window's size
  };

  static Block load_block(const std::string& prefix, bool global, WeightLoader& loader);
  const GridTables& tables(int rows, int columns);
  at::Tensor attend(const Block& block, const RelativeTables& tables, const at::Tensor& x) const;
  at::Tensor compress(const at::Tensor& x, const RunContext& context) const;

  SamConfig config_;
  PositionFit fit_;
  LinearWeights patch_;
  at::Tensor positions_;  ///< pos_embed (side, side, width)
  std::vector<Block> blocks_;
  operations::Weights neck0_;
  at::Tensor neck2_;
  NormWeights neck1_, neck3_;
  at::Tensor net2_, net3_;
  std::map<std::pair<int, int>, GridTables> tables_;
};

}  // namespace deepseekocr
