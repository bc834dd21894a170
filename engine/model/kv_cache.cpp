// SPDX-License-Identifier: MIT
#include "model/kv_cache.h"

#include <ATen/ops/empty.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <string>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

constexpr int64_t kBlock = 256;  // capacities are multiples of this many positions

}  // namespace

KvCache::KvCache(const DecoderConfig& config, const at::TensorOptions& options)
    : heads_(config.heads),
      dim_(config.head_dim()),
      max_positions_(config.max_positions),
      options_(options),
      layers_(static_cast<size_t>(config.layers)),
      addresses_(layers_.size()) {}

at::Tensor KvCache::grown(const at::Tensor& old, int64_t capacity) const {
  at::Tensor larger = at::empty({heads_, capacity, dim_}, options_);
  if (length_ > 0) larger.narrow(1, 0, length_).copy_(old.narrow(1, 0, length_));
  return larger;
}

void KvCache::reserve(int64_t count) {
  const int64_t needed = length_ + count;
  if (needed > max_positions_) {
    throw ArgumentError("Prompt and answer would take " + std::to_string(needed) + " positions, but the model has " +
                        std::to_string(max_positions_) + ": use a smaller resolution, prompt or max-new-tokens.");
  }
  if (needed <= capacity_) return;
  const int64_t wanted = std::max(needed + kBlock / 2, capacity_ + capacity_ / 2);
  const int64_t capacity = std::min((wanted + kBlock - 1) / kBlock * kBlock, max_positions_);
  for (size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = layers_[i];
    layer.keys = grown(layer.keys, capacity);
    layer.values = grown(layer.values, capacity);
    addresses_[i] = {layer.keys.mutable_data_ptr(), layer.values.mutable_data_ptr()};
  }
  capacity_ = capacity;
}

void KvCache::shorten(int64_t length) {
  TORCH_CHECK(length >= 0 && length <= length_, "a cache cannot be shortened to more than it has");
  length_ = length;
}

operations::CacheSlice KvCache::slice(int layer, int64_t count) const {
  const Layer& own = layers_[static_cast<size_t>(layer)];
  return {own.keys, own.values, length_, count};
}

}  // namespace deepseekocr
