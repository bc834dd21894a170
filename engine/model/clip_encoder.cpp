// SPDX-License-Identifier: MIT
#include "model/clip_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include "model/position_fit.h"
#include "operations/operations.h"

namespace deepseekocr {
namespace {

constexpr double kClipEpsilon = 1e-5;

at::Tensor clip_norm(const NormWeights& weights, const at::Tensor& x) {
  return operations::layer_norm(x, weights.weight, weights.bias, kClipEpsilon);
}

}  // namespace

ClipEncoder::ClipEncoder(const ModelConfig& config, WeightLoader& loader)
    : config_(config.clip), fit_(config.position_fit) {
  const std::string root = "model.vision_model.";
  class_token_ = loader.load(root + "embeddings.class_embedding");
  positions_ = loader.load(root + "embeddings.position_embedding.weight");
  pre_norm_ = loader.load_norm(root + "pre_layrnorm");  // the checkpoint's spelling
  for (int i = 0; i < config_.layers; ++i) {
    const std::string prefix = root + "transformer.layers." + std::to_string(i) + ".";
    Layer layer;
    layer.norm1 = loader.load_norm(prefix + "layer_norm1");
    layer.qkv = loader.load_linear(prefix + "self_attn.qkv_proj");
    layer.out = loader.load_linear(prefix + "self_attn.out_proj");
    layer.norm2 = loader.load_norm(prefix + "layer_norm2");
    layer.fc1 = loader.load_linear(prefix + "mlp.fc1");
    layer.fc2 = loader.load_linear(prefix + "mlp.fc2");
    layers_.push_back(std::move(layer));
  }
}

const at::Tensor& ClipEncoder::positions(int rows, int columns) {
  const auto found = fitted_.find({rows, columns});
  if (found != fitted_.end()) return found->second;
  const int side = config_.table_side();
  const at::Tensor grid = positions_.narrow(0, 1, side * side).reshape({side, side, -1});
  const at::Tensor patches = fit_absolute(grid, rows, columns, fit_).reshape({rows * columns, -1});
  return fitted_.emplace(std::pair{rows, columns}, at::cat({positions_.narrow(0, 0, 1), patches})).first->second;
}

at::Tensor ClipEncoder::forward(const Layer& layer, const at::Tensor& x) const {
  const at::Tensor qkv = operations::linear(clip_norm(layer.norm1, x), layer.qkv.weight, layer.qkv.bias);
  const at::Tensor h =
      x + operations::linear(operations::attention(qkv, config_.heads), layer.out.weight, layer.out.bias);
  return h + operations::quick_gelu_mlp(clip_norm(layer.norm2, h), layer.fc1.weight, layer.fc1.bias, layer.fc2.weight,
                                        layer.fc2.bias);
}

at::Tensor ClipEncoder::encode(const at::Tensor& features, const RunContext& context) {
  const int64_t views = features.size(0), rows = features.size(1), columns = features.size(2), width = features.size(3);
  const at::Tensor tokens = at::cat({class_token_.expand({views, 1, width}), features.flatten(1, 2)}, 1);
  at::Tensor x =
      clip_norm(pre_norm_, tokens.to(at::kFloat) + positions(static_cast<int>(rows), static_cast<int>(columns)));
  context.record("clip.pre", x);
  for (size_t i = 0; i < layers_.size(); ++i) {
    context.check();
    x = forward(layers_[i], x);
    if (i == 0) context.record("clip.layer0", x);
  }
  context.record("clip.out", x);
  return x.narrow(1, 1, rows * columns).reshape({views, rows, columns, width});
}

}  // namespace deepseekocr
