// SPDX-License-Identifier: MIT
#include "model/tile_cache.h"

#include <ATen/ops/clone.h>

#include <algorithm>
#include <string_view>

namespace deepseekocr {
namespace {

/// Only to look at few entries: pixels are compared.
size_t hash_of(const RgbImage& tile) {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(tile.data.data()), tile.data.size()});
}

}  // namespace

bool TileCache::bring_forward(const RgbImage& tile, size_t hash) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const Entry& entry) { return entry.hash == hash && entry.tile == tile; });
  if (found == entries_.end()) return false;
  entries_.splice(entries_.begin(), entries_, found);
  return true;
}

at::Tensor TileCache::find(const RgbImage& tile) {
  return bring_forward(tile, hash_of(tile)) ? entries_.front().tokens : at::Tensor();
}

void TileCache::keep(const RgbImage& tile, const at::Tensor& tokens) {
  const size_t hash = hash_of(tile);
  if (capacity_ == 0 || bring_forward(tile, hash)) return;
  // Tokens are part of a whole batch, which would stay in memory with them.
  entries_.push_front({hash, tile, tokens.clone()});
  if (entries_.size() > capacity_) entries_.pop_back();
}

}  // namespace deepseekocr
