// SPDX-License-Identifier: MIT
// What was last made of tiles, for tiles that come again: empty parts of pages, letterheads, the same page once more.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <cstdint>
#include <list>

#include "image/image.h"

namespace deepseekocr {

/// Bounded: the tile that was used longest ago goes first.  Not thread-safe.
class TileCache {
 public:
  /// @param capacity  tiles that are kept, with their pixels and tokens
  explicit TileCache(size_t capacity) : capacity_(capacity) {}

  /// The tokens of a tile with the very same pixels; undefined: there is none.
  at::Tensor find(const RgbImage& tile);
  /// Keeps a copy of both.  A tile that is there already keeps its tokens.
  void keep(const RgbImage& tile, const at::Tensor& tokens);

  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    size_t hash;
    RgbImage tile;
    at::Tensor tokens;
  };
  /// Moves the entry of these pixels to the front.  @return whether there is one
  bool bring_forward(const RgbImage& tile, size_t hash);

  size_t capacity_;
  std::list<Entry> entries_;  ///< the one used last comes first
};

}  // namespace deepseekocr
