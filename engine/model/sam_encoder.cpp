// SPDX-License-Identifier: MIT
#include "model/sam_encoder.h"

#include <ATen/TensorOperators.h>

#include "model/position_fit.h"
#include "operations/operations.h"

namespace deepseekocr {
namespace {

constexpr double kSamEpsilon = 1e-6;  // of every norm here; CLIP's is another

at::Tensor sam_norm(const NormWeights& weights, const at::Tensor& x) {
  return operations::layer_norm(x, weights.weight, weights.bias, kSamEpsilon);
}

}  // namespace

SamEncoder::SamEncoder(const ModelConfig& config, WeightLoader& loader)
    : config_(config.sam), fit_(config.position_fit) {
  const std::string root = "model.sam_model.";
  patch_ = loader.load_linear(root + "patch_embed.proj");
  positions_ = loader.load(root + "pos_embed").squeeze(0);
  for (int i = 0; i < config_.layers; ++i) {
    blocks_.push_back(load_block(root + "blocks." + std::to_string(i) + ".", config_.is_global(i), loader));
  }
  neck0_ = loader.load_matrix(root + "neck.0.weight");  // 1×1
  neck1_ = loader.load_norm(root + "neck.1");
  neck2_ = loader.load(root + "neck.2.weight");
  neck3_ = loader.load_norm(root + "neck.3");
  net2_ = loader.load(root + "net_2.weight");
  net3_ = loader.load(root + "net_3.weight");
}

SamEncoder::Block SamEncoder::load_block(const std::string& prefix, bool global, WeightLoader& loader) {
  Block block;
  block.norm1 = loader.load_norm(prefix + "norm1");
  block.qkv = loader.load_linear(prefix + "attn.qkv");
  block.projection = loader.load_linear(prefix + "attn.proj");
  block.norm2 = loader.load_norm(prefix + "norm2");
  block.mlp_in = loader.load_linear(prefix + "mlp.lin1");
  block.mlp_out = loader.load_linear(prefix + "mlp.lin2");
  block.row_positions = loader.load(prefix + "attn.rel_pos_h");
  block.column_positions = loader.load(prefix + "attn.rel_pos_w");
  block.global = global;
  return block;
}

const SamEncoder::GridTables& SamEncoder::tables(int rows, int columns) {
  const auto found = tables_.find({rows, columns});
  if (found != tables_.end()) return found->second;
  GridTables fitted;
  fitted.absolute = fit_absolute(positions_, rows, columns, fit_);
  for (const Block& block : blocks_) {
    const int down = block.global ? rows : config_.window_size, across = block.global ? columns : config_.window_size;
    fitted.relative.push_back(
        {fit_relative(block.row_positions, down, fit_), fit_relative(block.column_positions, across, fit_)});
  }
  return tables_.emplace(std::pair{rows, columns}, std::move(fitted)).first->second;
}

at::Tensor SamEncoder::attend(const Block& block, const RelativeTables& tables, const at::Tensor& x) const {
  const int views = static_cast<int>(x.size(0)), rows = static_cast<int>(x.size(1)),
            columns = static_cast<int>(x.size(2));
  // Padding comes after the norm, so padded positions are ordinary keys whose q, k, v are the bias (1.1.4).
  at::Tensor grid = sam_norm(block.norm1, x);
  if (!block.global) grid = operations::split_windows(grid, config_.window_size);
  const at::Tensor qkv = operations::linear(grid, block.qkv.weight, block.qkv.bias);
  grid = operations::relative_position_attention(qkv, tables.rows, tables.columns, config_.heads);
  grid = operations::linear(grid, block.projection.weight, block.projection.bias);
  return block.global ? grid : operations::merge_windows(grid, views, rows, columns);
}

at::Tensor SamEncoder::compress(const at::Tensor& x, const RunContext& context) const {
  at::Tensor grid = sam_norm(neck1_, operations::linear(x, neck0_, {}));
  grid = sam_norm(neck3_, operations::convolution3x3(grid, neck2_, 1));
  context.record("sam.neck", grid.flatten(1, 2));
  grid = operations::convolution3x3(operations::convolution3x3(grid, net2_, 2), net3_, 2);
  context.record("sam.out", grid.flatten(1, 2));
  return grid;
}

at::Tensor SamEncoder::encode(const at::Tensor& pixels, const RunContext& context) {
  at::Tensor x = operations::patch_embedding(pixels, patch_.weight, patch_.bias, config_.patch_size);
  const GridTables& fitted = tables(static_cast<int>(x.size(1)), static_cast<int>(x.size(2)));
  x = x.to(at::kFloat) + fitted.absolute;
  context.record("sam.embed", x.flatten(1, 2));
  for (size_t i = 0; i < blocks_.size(); ++i) {
    context.check();
    const Block& block = blocks_[i];
    x = x + attend(block, fitted.relative[i], x);
    x = x + operations::gelu_mlp(sam_norm(block.norm2, x), block.mlp_in.weight, block.mlp_in.bias, block.mlp_out.weight,
                                 block.mlp_out.bias);
    context.record("sam.block" + std::to_string(i), x.flatten(1, 2));
  }
  context.check();
  return compress(x, context);
}

}  // namespace deepseekocr
