// SPDX-License-Identifier: MIT
// Keys and values of one sequence in all layers.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <vector>

#include "checkpoint/model_config.h"
#include "operations/cache_address.h"
#include "operations/operations.h"

namespace deepseekocr {

/// Bytes that a position takes in all layers, of a model of this dtype: what a decode step reads of each.
uint64_t cache_bytes(const DecoderConfig& config, at::ScalarType dtype, CacheFormat format);

/// Grows geometrically up to the model's positions, a layer at a time, so that a step seldom copies and never holds two
/// whole caches.  Owned by one sequence; not thread-safe.
class KvCache {
 public:
  /// @param options  the model's dtype and device
  KvCache(const DecoderConfig& config, const at::TensorOptions& options, CacheFormat format = CacheFormat::plain);

  /// Positions that are filled in every layer.
  int64_t length() const { return length_; }
  int64_t capacity() const { return capacity_; }
  /// Makes room for `count` more positions.  @throws ArgumentError beyond the model's positions
  void reserve(int64_t count);
  /// Where layer `layer` writes `count` positions behind length(); reserve() them first.
  operations::CacheSlice slice(int layer, int64_t count) const;
  /// Where each layer's keys and values lie, until the next reserve().
  std::span<const CacheAddress> addresses() const { return addresses_; }
  /// The same of their scales; none of CacheFormat::plain.
  std::span<const CacheAddress> scale_addresses() const { return scale_addresses_; }
  /// Every layer has written `count` positions.
  void advance(int64_t count) { length_ += count; }
  /// Gives the positions from `length` ≤ length() on back: the next slice() writes over them, and nothing reads them.
  void shorten(int64_t length);

 private:
  struct Layer {
    at::Tensor keys, values;              ///< (heads, capacity, dim)
    at::Tensor key_scales, value_scales;  ///< (heads, capacity); undefined: CacheFormat::plain
  };
  at::Tensor grown(const at::Tensor& old, int64_t capacity) const;
  at::Tensor grown_scales(const at::Tensor& old, int64_t capacity) const;
  at::Tensor copied(const at::Tensor& old, at::Tensor larger) const;

  int64_t heads_, dim_, max_positions_;
  CacheFormat format_;
  at::TensorOptions options_;
  std::vector<Layer> layers_;
  std::vector<CacheAddress> addresses_, scale_addresses_;
  int64_t length_ = 0;
  int64_t capacity_ = 0;
};

}  // namespace deepseekocr
