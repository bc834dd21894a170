// SPDX-License-Identifier: MIT
// The mixture-of-experts decoder (specification 1.5).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "checkpoint/model_config.h"
#include "model/attention.h"
#include "model/feed_forward.h"
#include "model/kv_cache.h"
#include "model/stage_recorder.h"
#include "model/weight_loader.h"
#include "operations/decode_step.h"

namespace deepseekocr {

/// Constant after construction.
class Decoder {
 public:
  /// @throws EngineError, Cancelled
  Decoder(const DecoderConfig& config, WeightLoader& loader);

  /// Embeddings of ids: (ids, hidden).  @throws ArgumentError for an id outside the vocabulary
  at::Tensor embed(std::span<const int32_t> ids) const;

  /// All layers.  x (rows, hidden) are the next rows of one sequence (prefill), or one row for each of several
  /// sequences (a decode step): caches.size() must be 1 or the number of rows.
  /// @return the residual stream (rows, hidden); the caches have grown by their rows
  /// @throws Cancelled, with the caches as they were; ArgumentError if the model has no such positions
  at::Tensor forward(at::Tensor x, std::span<KvCache* const> caches, const RunContext& context) const;

  /// What a decode step multiplies with, for an implementation that takes the whole step.
  operations::DecoderWeights weights() const;
  /// @throws ArgumentError for an id outside the vocabulary
  void check_id(int32_t id) const;

  /// Final norm of rows of the residual stream.
  at::Tensor final_norm(const at::Tensor& x) const;
  /// lm_head of normed rows: float32 on the host, (rows, vocabulary).
  at::Tensor logits(const at::Tensor& normed) const;

 private:
  struct Layer {
    at::Tensor input_norm, post_attention_norm;  ///< (hidden)
    Attention attention;
    std::variant<DenseFeedForward, Experts> feed_forward;
  };
  Layer load_layer(int index, WeightLoader& loader) const;
  at::Tensor feed_forward(const Layer& layer, int index, const at::Tensor& x, const RunContext& context) const;

  DecoderConfig config_;
  operations::RopeTable rope_;  ///< (max_positions, head_dim)
  at::Tensor embedding_;        ///< (vocabulary, hidden)
  std::vector<Layer> layers_;
  at::Tensor norm_;     ///< (hidden)
  at::Tensor lm_head_;  ///< (vocabulary, hidden)
};

}  // namespace deepseekocr
