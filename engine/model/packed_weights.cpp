// SPDX-License-Identifier: MIT
#include "model/packed_weights.h"

#include "operations/weights.h"

namespace deepseekocr {

std::optional<PackedCachePlace> packed_cache_place(const Checkpoint& checkpoint, const ModelOptions& options,
                                                   const ModelPrecision& precision) {
  if (options.weight_cache.empty() || !precision.packing) return std::nullopt;
  PackedCachePlace place;
  place.file = packed_cache_file(options.weight_cache, options.model_path, options.adapter_path, precision.name());
  const std::string vision = precision.vision_packing ? ", vision in int8x8" : "";
  place.key = precision.name() + vision + "\n" + operations::packing_layout() + "\n" + checkpoint.identity();
  place.bytes = packed_weight_bytes(checkpoint.config(), precision);
  return place;
}

}  // namespace deepseekocr
