// SPDX-License-Identifier: MIT
// Number formats of a loaded model.
#pragma once

#include <ATen/core/Tensor.h>
#include <deepseekocr/engine.h>

#include <cstdint>
#include <optional>
#include <string>

#include "checkpoint/model_config.h"
#include "operations/cache_address.h"
#include "operations/weights.h"

namespace deepseekocr {

struct ModelPrecision {
  at::ScalarType vision = at::kFloat;  ///< of the vision encoder's dense weights: float32 or bfloat16
  at::ScalarType dtype = at::kFloat;   ///< of the decoder's dense weights, plain caches and what products give
  /// Of the decoder's matrices; nothing: they have the dtype, too.  With it the head is int8, whatever the format, and
  /// embeddings stay in the file.
  std::optional<operations::PackedFormat> packing;
  /// Of the vision encoder's matrices.
  std::optional<operations::PackedFormat> vision_packing;

  /// "fp32", "bf16", "int8" or "int4"
  std::string name() const;
};

/// @param parameters  of the model: a small one stays in float32 where that is not asked otherwise.  Bfloat16 is how
///   weights are kept; a processor that is slow at products of it multiplies them in float32 and saves memory only.
/// @param int8_vision  with few bits the vision encoder, too, has 8: the checkpoint is known to read as well so.  Not
///   where its dtype is bfloat16 and the processor fast at that.  AUTO takes int8 for a small one of these
/// @param kernels  whether there are kernels for few bits: on a CPU with AVX2.  Without them AUTO takes none
/// @throws ArgumentError for a value that is none
ModelPrecision choose_precision(DsocrPrecision wanted, uint64_t parameters, bool int8_vision = false,
                                bool kernels = false);

/// The format of a model's caches.  AUTO takes 8 bits where weights have few and the others are bfloat16: in int8 and
/// int4 of a large model.
/// @param kernels  whether decoding has kernels for 8 bits here: on a CPU with AVX2
/// @throws EngineError where 8 bits are asked for and there are none
CacheFormat choose_cache_format(DsocrKvCache wanted, const ModelPrecision& precision, bool kernels);

/// Bytes of all weights in memory.
uint64_t weight_bytes(const ModelConfig& config, const ModelPrecision& precision);
/// Of those that are packed.
uint64_t packed_weight_bytes(const ModelConfig& config, const ModelPrecision& precision);

}  // namespace deepseekocr
