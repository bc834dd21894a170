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

uint64_t cache_bytes(const DecoderConfig& config, at::ScalarType dtype, CacheFormat format) {
  const auto dim = static_cast<uint64_t>(config.head_dim());
  const uint64_t vector = format == CacheFormat::int8 ? dim + sizeof(float) : dim * at::elementSize(dtype);
  return 2 * vector * static_cast<uint64_t>(config.heads) * static_cast<uint64_t>(config.layers);
}

KvCache::KvCache(const DecoderConfig& config, const at::TensorOptions& options, CacheFormat format)
    : heads_(config.heads),
      dim_(config.head_dim()),
      max_positions_(config.max_positions),
      format_(format),
      options_(options),
      layers_(static_cast<size_t>(config.layers)),
      addresses_(layers_.size()),
      scale_addresses_(format == CacheFormat::int8 ? layers_.size() : 0) {}

at::Tensor KvCache::copied(const at::Tensor& old, at::Tensor larger) const {
  if (length_ > 0) larger.narrow(1, 0, length_).copy_(old.narrow(1, 0, length_));
  return larger;
}

at::Tensor KvCache::grown(const at::Tensor& old, int64_t capacity) const {
  const at::TensorOptions options = format_ == CacheFormat::int8 ? options_.dtype(at::kChar) : options_;
  return copied(old, at::empty({heads_, capacity, dim_}, options));
}

at::Tensor KvCache::grown_scales(const at::Tensor& old, int64_t capacity) const {
  return copied(old, at::empty({heads_, capacity}, options_.dtype(at::kFloat)));
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
    if (format_ == CacheFormat::plain) continue;
    layer.key_scales = grown_scales(layer.key_scales, capacity);
    layer.value_scales = grown_scales(layer.value_scales, capacity);
    scale_addresses_[i] = {layer.key_scales.mutable_data_ptr(), layer.value_scales.mutable_data_ptr()};
  }
  capacity_ = capacity;
}

void KvCache::shorten(int64_t length) {
  TORCH_CHECK(length >= 0 && length <= length_, "a cache cannot be shortened to more than it has");
  length_ = length;
}

operations::CacheSlice KvCache::slice(int layer, int64_t count) const {
  const Layer& own = layers_[static_cast<size_t>(layer)];
  return {own.keys, own.values, length_, count, own.key_scales, own.value_scales};
}

}  // namespace deepseekocr
