// SPDX-License-Identifier: MIT
// A decode step as one operation: one new position for each of several sequences, from their ids to their next ids.
// An implementation that can do better than operation by operation takes it over as a whole; model/ has the same step
// in terms of operations.h, which every device and dtype has.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "operations/cache_address.h"
#include "operations/head.h"
#include "operations/operations.h"
#include "operations/weights.h"

namespace deepseekocr::operations {

/// Either dense (`gate` undefined; `own` is the network), or routed experts and shared ones (`own`).
struct FeedForwardWeights {
  at::Tensor gate;      ///< (experts, hidden), float32
  Weights gate_up;      ///< (experts, 2·width, hidden)
  Weights down;         ///< (experts, hidden, width)
  Weights own_gate_up;  ///< (2·own width, hidden)
  Weights own_down;     ///< (hidden, own width)
};

struct DecoderLayerWeights {
  at::Tensor input_norm, post_attention_norm;  ///< (hidden), float32
  Weights qkv;                                 ///< (3·hidden, hidden)
  Weights out;                                 ///< (hidden, hidden)
  FeedForwardWeights feed_forward;
};

/// Writes the embedding of an id: `hidden` numbers in float32.
using ReadEmbedding = std::function<void(int32_t id, float* out)>;

/// All that a step multiplies with; tensors share their memory with the model's.
struct DecoderWeights {
  at::Tensor embedding;                     ///< (vocabulary, hidden); undefined: it stays in the file
  ReadEmbedding read_embedding;             ///< where it is undefined
  at::Tensor norm;                          ///< (hidden), float32
  at::Tensor lm_head;                       ///< (vocabulary, hidden); undefined: it is packed
  const PackedHead* packed_head = nullptr;  ///< where it is undefined; outlives the step
  RopeTable rope;
  std::vector<DecoderLayerWeights> layers;
  int heads = 0;
  int experts_per_token = 0;
  bool normalise_weights = false;
  double weight_scale = 1;
  double epsilon = 0;
};

/// One sequence of a step.
struct StepSequence {
  int32_t id = 0;                        ///< appended; inside the vocabulary
  int64_t length = 0;                    ///< positions filled
  int64_t capacity = 0;                  ///< > length
  std::span<const CacheAddress> caches;  ///< of each layer
  std::span<const int32_t> banned;
  std::span<const CacheAddress> scales = {};  ///< of each layer, of CacheFormat::int8; empty: plain caches
};

/// Not thread-safe.
class DecodeStep {
 public:
  virtual ~DecodeStep() = default;
  /// Whether these can be done in one step here: not too many of them, nor of banned ids.
  virtual bool takes(std::span<const StepSequence> sequences) const = 0;
  /// Writes position `length` of every cache, and gives each sequence's choice.
  /// @throws EngineError as choose() does, and if the device fails
  virtual void run(std::span<const StepSequence> sequences, std::span<Choice> choices) = 0;
  /// The logits of the last run's sequences: (sequences, vocabulary), float32 on the device, valid until the next run.
  /// Of a packed head, those that its choices were made of.
  virtual at::Tensor logits() const = 0;
};

/// A step for these weights, or NULL where no implementation takes their device, dtype or shapes.
std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights);

}  // namespace deepseekocr::operations
