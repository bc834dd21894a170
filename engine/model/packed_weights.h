// SPDX-License-Identifier: MIT
// Where the packed weights of a model are kept.
#pragma once

#include <optional>

#include "checkpoint/checkpoint.h"
#include "checkpoint/packed_cache.h"
#include "model/precision.h"
#include "serving/model_runner.h"

namespace deepseekocr {

/// The file that options.weight_cache asks for; nothing where that is empty or nothing is packed.
/// @throws CheckpointError if the checkpoint's files cannot be read
std::optional<PackedCachePlace> packed_cache_place(const Checkpoint& checkpoint, const ModelOptions& options,
                                                   const ModelPrecision& precision);

}  // namespace deepseekocr
