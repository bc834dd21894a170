// SPDX-License-Identifier: MIT
//
// Five shared pieces of work a layer, and the router's scores: queries, keys and values; heads; what attention gives;
// the first half of every network that a row goes to, shared experts included; their second half.
#include "operations/cpu/decode_step.h"

#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <vector>

#include "operations/cpu/head_step.h"
#include "operations/cpu/matrix.h"
#include "operations/cpu/routing.h"
#include "operations/cpu/step_matrices.h"
#include "operations/cpu/visits.h"

namespace deepseekocr::operations::cpu {
namespace {

/// A layer's weights, as a step takes them.
struct StepLayer {
  const float *input_norm, *post_attention_norm;
  StepMatrices qkv, out;
  bool routed;
  StepMatrices gate;                   ///< (experts, hidden)
  StepMatrices gate_up, down;          ///< of the routed experts
  StepMatrices own_gate_up, own_down;  ///< of the network that every row goes to
};

StepLayer step_layer(const DecoderLayerWeights& layer) {
  const FeedForwardWeights& network = layer.feed_forward;
  StepLayer step{read_only<float>(layer.input_norm),
                 read_only<float>(layer.post_attention_norm),
                 {layer.qkv, 3},
                 {layer.out, 1},
                 network.gate.defined(),
                 {},
                 {},
                 {},
                 {network.own_gate_up, 2},
                 {network.own_down, 1}};
  if (step.routed) {
    const int64_t experts = network.gate.size(0);
    step.gate = {network.gate, 1};
    step.gate_up = {network.gate_up, 2 * experts};
    step.down = {network.down, experts};
  }
  return step;
}

/// hidden = silu(gate x) · (up x), columns first … first + some − 1 of `count` inputs; gate's is the even matrix.
void gated_step(const StepMatrices& gate_up, int64_t gate, const StepInputs& x, int64_t count, int64_t first,
                int64_t some, Rows<float> hidden) {
  StepSums gates, ups;
  gate_up.multiply(gate, first, some, x, count, gates);
  gate_up.multiply(gate + 1, first, some, x, count, ups);
  for (int64_t i = 0; i < count; ++i)
    active_kernels()->silu_times(gates.data() + i * kStepRows, ups.data() + i * kStepRows, some,
                                 hidden.data + i * hidden.stride + first);
}

/// @tparam T  the model's dtype
template <typename T>
class CpuDecodeStep final : public DecodeStep {
 public:
  explicit CpuDecodeStep(const DecoderWeights& weights)
      : weights_(weights),
        head_(weights.packed_head != nullptr ? Weights(weights.packed_head->weights) : Weights(weights.lm_head), 1),
        hidden_(weights.norm.size(0)),
        dim_(hidden_ / weights.heads) {
    for (const DecoderLayerWeights& layer : weights.layers) layers_.push_back(step_layer(layer));
  }

  bool takes(std::span<const StepSequence> sequences) const override {
    return !sequences.empty() && sequences.size() <= kFewRows;
  }

  void run(std::span<const StepSequence> sequences, std::span<Choice> choices) override {
    rows_ = static_cast<int64_t>(sequences.size());
    reserve(sequences);
    for (int64_t row = 0; row < rows_; ++row) embed(sequences[static_cast<size_t>(row)].id, x_.data() + row * hidden_);
    for (size_t i = 0; i < layers_.size(); ++i) {
      attend_all(layers_[i], i, sequences);
      feed_forward(layers_[i]);
    }
    choose_all(sequences, choices);
  }

  at::Tensor logits() const override {
    // from_blob wants a mutable pointer; the tensor is only read.
    return at::from_blob(const_cast<float*>(logits_.data()), {rows_, head_.rows()},
                         at::TensorOptions().dtype(at::kFloat));
  }

 private:
  int64_t pairs() const { return rows_ * weights_.experts_per_token; }

  void reserve(std::span<const StepSequence> sequences) {
    capacity_ = 0;
    for (const StepSequence& sequence : sequences) capacity_ = std::max(capacity_, sequence.capacity);
    grown(scores_, rows_ * weights_.heads * capacity_);
    grown(x_, rows_ * hidden_);
    grown(qkv_, rows_ * 3 * hidden_);
    grown(queries_, rows_ * hidden_);
    grown(logits_, rows_ * head_.rows());
    normed_.reserve(rows_, hidden_);
    attended_.reserve(rows_, hidden_);
  }

  void embed(int32_t id, float* out) const {
    if (!weights_.embedding.defined()) {
      weights_.read_embedding(id, out);
      return;
    }
    const T* row = read_only<T>(weights_.embedding) + id * hidden_;
    std::transform(row, row + hidden_, out, [](T value) { return kernels::widen(value); });
  }

  void normalise(const float* weight) {
    for (int64_t row = 0; row < rows_; ++row)
      active_kernels()->rms_norm(x_.data() + row * hidden_, weight, hidden_, static_cast<float>(weights_.epsilon),
                                 normed_.row(row));
  }

  /// x += attention(norm(x))
  void attend_all(const StepLayer& layer, size_t index, std::span<const StepSequence> sequences) {
    normalise(layer.input_norm);
    multiply_all(layer.qkv, normed_.inputs(rows_, layer.qkv), rows_,
                 [&](int64_t row, int64_t matrix, int64_t first, int64_t some, const float* sums) {
                   typed_kernels<T>().round(sums, some, qkv_.data() + (3 * row + matrix) * hidden_ + first);
                 });
    team().run(rows_ * weights_.heads, [&](int64_t i) {
      const int64_t row = i / weights_.heads, head = i % weights_.heads;
      attend_one(sequences[static_cast<size_t>(row)], index, row, head);
    });
    multiply_all(layer.out, attended_.inputs(rows_, layer.out), rows_,
                 [&](int64_t row, int64_t, int64_t first, int64_t some, const float* sums) {
                   add_rounded(sums, some, x_.data() + row * hidden_ + first);
                 });
  }

  /// Into attended_; what a head gives takes the place of its query.
  void attend_one(const StepSequence& sequence, size_t layer, int64_t row, int64_t head) {
    const CacheAddress scales = sequence.scales.empty() ? CacheAddress{} : sequence.scales[layer];
    T* query = qkv_.data() + 3 * row * hidden_ + head * dim_;
    float* attended = attended_.row(row) + head * dim_;
    const HeadStep<T> step{query, hidden_, sequence.length, dim_};
    const HeadScratch scratch{scores_.data() + (row * weights_.heads + head) * capacity_, attended,
                              queries_.data() + row * hidden_ + head * dim_};
    with_vectors<T>(
        sequence.caches[layer], scales, head * sequence.capacity, dim_,
        [&](const auto& keys, const auto& values) { attend(step, keys, values, weights_.rope, scratch, query); });
    std::transform(query, query + dim_, attended, [](T value) { return kernels::widen(value); });
  }

  /// x += sums in the model's dtype
  static void add_rounded(const float* sums, int64_t count, float* x) {
    std::array<T, kStepRows> rounded;
    typed_kernels<T>().round(sums, count, rounded.data());
    for (int64_t k = 0; k < count; ++k) x[k] += kernels::widen(rounded[static_cast<size_t>(k)]);
  }

  /// x += networks(norm(x))
  void feed_forward(const StepLayer& layer) {
    normalise(layer.post_attention_norm);
    if (layer.routed) route(layer);
    const int64_t visits = layer.routed ? static_cast<int64_t>(visits_.visits.size()) : 0;
    const StepInputs own_in = normed_.inputs(rows_, layer.own_gate_up);
    const StepInputs routed_in =
        layer.routed ? sorted_.gather(own_in, visits_.order, weights_.experts_per_token) : StepInputs{};
    own_between_.reserve(rows_, layer.own_down.columns());
    if (layer.routed) between_.reserve(pairs(), layer.down.columns());
    gate_all(layer, visits, own_in, routed_in);
    const StepInputs own_gated = own_between_.inputs(rows_, layer.own_down);
    const StepInputs gated = layer.routed ? between_.inputs(pairs(), layer.down) : StepInputs{};
    team().run(step_parts(hidden_), [&](int64_t part) {
      const int64_t first = part * kStepRows, some = std::min(kStepRows, hidden_ - first);
      for (int64_t i = 0; i < visits; ++i)
        down_of_expert(layer, visits_.visits[static_cast<size_t>(i)], gated, first, some);
      add_networks(layer, own_gated, first, some);
    });
  }

  /// Fills experts_, shares_ and visits_.
  void route(const StepLayer& layer) {
    const int k = weights_.experts_per_token;
    const int64_t experts = layer.gate.rows();
    grown(gate_scores_, rows_ * experts);
    grown(experts_, pairs());
    grown(shares_, pairs());
    grown(outputs_, pairs() * hidden_);
    multiply_all(layer.gate, normed_.inputs(rows_, layer.gate), rows_,
                 [&](int64_t row, int64_t, int64_t first, int64_t some, const float* sums) {
                   std::copy_n(sums, some, gate_scores_.data() + row * experts + first);
                 });
    const RoutingRule rule{k, weights_.normalise_weights, static_cast<float>(weights_.weight_scale)};
    for (int64_t row = 0; row < rows_; ++row)
      route_row(gate_scores_.data() + row * experts, experts, rule, experts_.data() + row * k,
                shares_.data() + row * k);
    sort_by_expert({experts_.data(), static_cast<size_t>(pairs())}, &visits_);
  }

  /// The first half of the networks: of every visited expert, and of the one that every row goes to.
  void gate_all(const StepLayer& layer, int64_t visits, const StepInputs& own_in, const StepInputs& routed_in) {
    const int64_t width = layer.routed ? layer.down.columns() : 0, own_width = layer.own_down.columns();
    const int64_t parts = step_parts(width);
    team().run(visits * parts + step_parts(own_width), [&](int64_t i) {
      if (i >= visits * parts) {
        const int64_t first = (i - visits * parts) * kStepRows;
        gated_step(layer.own_gate_up, 0, own_in, rows_, first, std::min(kStepRows, own_width - first),
                   {own_between_.row(0), own_width});
        return;
      }
      const Visit& visit = visits_.visits[static_cast<size_t>(i / parts)];
      const int64_t first = i % parts * kStepRows;
      gated_step(layer.gate_up, 2 * visit.expert, routed_in.from(visit.first), visit.count, first,
                 std::min(kStepRows, width - first), {between_.row(visit.first), width});
    });
  }

  /// Columns first … of the outputs of an expert's pairs.
  void down_of_expert(const StepLayer& layer, const Visit& visit, const StepInputs& gated, int64_t first,
                      int64_t some) {
    StepSums sums;
    layer.down.multiply(visit.expert, first, some, gated.from(visit.first), visit.count, sums);
    for (int64_t i = 0; i < visit.count; ++i)
      std::copy_n(sums.data() + i * kStepRows, some,
                  outputs_.data() + visits_.order[static_cast<size_t>(visit.first + i)] * hidden_ + first);
  }

  /// Columns first … of x += (weighed experts + the network that every row goes to, in the model's dtype).
  void add_networks(const StepLayer& layer, const StepInputs& own_gated, int64_t first, int64_t some) {
    const int64_t k = weights_.experts_per_token;
    StepSums sums;
    layer.own_down.multiply(0, first, some, own_gated, rows_, sums);
    for (int64_t row = 0; row < rows_; ++row) {
      std::array<float, kStepRows> all{};
      if (layer.routed)
        typed_kernels<float>().weighted_sum({outputs_.data() + row * k * hidden_ + first, hidden_},
                                            shares_.data() + row * k, k, some, all.data());
      add_rounded(sums.data() + row * kStepRows, some, all.data());
      for (int64_t j = 0; j < some; ++j)
        x_[static_cast<size_t>(row * hidden_ + first + j)] += all[static_cast<size_t>(j)];
    }
  }

  void choose_all(std::span<const StepSequence> sequences, std::span<Choice> choices) {
    normalise(read_only<float>(weights_.norm));
    const int64_t vocabulary = head_.rows();
    multiply_all(head_, normed_.inputs(rows_, head_), rows_,
                 [&](int64_t row, int64_t, int64_t first, int64_t some, const float* sums) {
                   std::copy_n(sums, some, logits_.data() + row * vocabulary + first);
                 });
    for (size_t row = 0; row < sequences.size(); ++row) {
      const auto place = static_cast<int64_t>(row);
      const std::span<float> own(logits_.data() + place * vocabulary, static_cast<size_t>(vocabulary));
      choices[row] = weights_.packed_head != nullptr
                         ? choose(normed_.row(place), *weights_.packed_head, sequences[row].banned, own)
                         : choose(own, sequences[row].banned);
    }
  }

  DecoderWeights weights_;
  std::vector<StepLayer> layers_;
  StepMatrices head_;  ///< (vocabulary, hidden)
  int64_t hidden_, dim_;

  // Of the step: rows_ rows each.
  int64_t rows_ = 0;
  std::vector<float> x_;          ///< the residual stream, (rows, hidden)
  std::vector<T> qkv_;            ///< (rows, 3·hidden)
  std::vector<int16_t> queries_;  ///< of attention to caches in 8 bits: (rows, hidden)
  StepBuffer normed_, attended_;
  int64_t capacity_ = 0;            ///< the largest of the sequences'
  std::vector<float> scores_;       ///< of attention: (rows, heads, capacity)
  std::vector<float> gate_scores_;  ///< (rows, experts)
  std::vector<int64_t> experts_;    ///< (rows, k)
  std::vector<float> shares_;       ///< (rows, k)
  Visits visits_;
  StepBuffer sorted_, between_;  ///< of the pairs, sorted by expert: inputs, and what lies between the halves
  StepBuffer own_between_;
  std::vector<float> outputs_;  ///< (rows · k, hidden)
  std::vector<float> logits_;   ///< (rows, vocabulary)
};

/// The model's dtype; nothing where a step does not take it.
std::optional<at::ScalarType> dtype_of(const DecoderWeights& weights) {
  if (active_kernels() == nullptr || weights.layers.empty()) return std::nullopt;
  const Weights& first = weights.layers.front().qkv;
  const auto* dense = std::get_if<at::Tensor>(&first);
  if (dense != nullptr && !dense->is_cpu()) return std::nullopt;
  const at::ScalarType type = dense != nullptr ? dense->scalar_type() : std::get<PackedMatrices>(first).dtype;
  return type == at::kFloat || type == at::kBFloat16 ? std::optional(type) : std::nullopt;
}

}  // namespace

std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights) {
  const auto dtype = dtype_of(weights);
  if (!dtype) return nullptr;
  std::unique_ptr<DecodeStep> step;
  with_element(*dtype, [&]<typename T>(T) { step = std::make_unique<CpuDecodeStep<T>>(weights); });
  return step;
}

}  // namespace deepseekocr::operations::cpu
