// SPDX-License-Identifier: MIT
// The mixture-of-experts decoder (specification 1.5).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "checkpoint/model_config.h"
#include "model/attention.h"
#include "model/embedding.h"
#include "model/feed_forward.h"
#include "model/head.h"
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

  /// Embeddings of ids: (ids, hidden), as Embedding::rows() gives them.
  at::Tensor embed(std::span<const int32_t> ids) const { return embedding_.rows(ids); }
  /// @throws ArgumentError for an id outside the vocabulary
  void check_id(int32_t id) const { embedding_.check(id); }
  /// Everything that a decode step multiplies with; lives no longer than the decoder.
  operations::DecoderWeights weights() const;

  /// All layers.  x (rows, hidden) are the next rows of one sequence (prefill), or one row for each of several
  /// sequences (a decode step): caches.size() must be 1 or the number of rows.
  /// @return the residual stream (rows, hidden); the caches have grown by their rows
  /// @throws Cancelled, with the caches as they were; ArgumentError if the model has no such positions
  at::Tensor forward(at::Tensor x, std::span<KvCache* const> caches, const RunContext& context) const;

  /// Final norm of rows of the residual stream.
  at::Tensor final_norm(const at::Tensor& x) const;
  const Head& head() const { return *head_; }

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
  Embedding embedding_;
  std::vector<Layer> layers_;
  at::Tensor norm_;  ///< (hidden)
  std::optional<Head> head_;
};

}  // namespace deepseekocr
