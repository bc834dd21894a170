// SPDX-License-Identifier: MIT
#include "operations/cuda/kernels/step.h"

#include <algorithm>
#include <initializer_list>

#include "operations/cuda/kernels/launches.h"

namespace deepseekocr::cuda {
namespace {

constexpr size_t kAlignment = 256;

/// Hands out memory behind `base`, piece by piece.
class Pieces {
 public:
  explicit Pieces(std::byte* base) : base_(base) {}
  template <typename T>
  T* take(size_t count) {
    auto* piece = reinterpret_cast<T*>(base_ + bytes_);
    bytes_ += (count * sizeof(T) + kAlignment - 1) / kAlignment * kAlignment;
    return piece;
  }
  size_t bytes() const { return bytes_; }

 private:
  std::byte* base_;
  size_t bytes_ = 0;
};

/// Columns of the networks that take every row: the most of any layer.
size_t own_columns(const StepModel& model) {
  size_t most = 0;
  for (int i = 0; i < model.layer_count; ++i)
    most = std::max(most, static_cast<size_t>(model.layers[i].slices) * model.layers[i].own_width);
  return most;
}

size_t most_slices(const StepModel& model) {
  int most = 1;
  for (int i = 0; i < model.layer_count; ++i) most = std::max(most, model.layers[i].slices);
  return static_cast<size_t>(most);
}

}  // namespace

size_t lay_out_inputs(std::byte* base, int rows, int layers, int banned, StepInputs& inputs) {
  Pieces pieces(base);
  inputs.ids = pieces.take<int32_t>(rows);
  inputs.lengths = pieces.take<int32_t>(rows);
  inputs.capacities = pieces.take<int32_t>(rows);
  inputs.banned_first = pieces.take<int32_t>(rows + 1);
  inputs.caches = pieces.take<CacheAddress>(static_cast<size_t>(rows) * layers);
  inputs.banned = pieces.take<int32_t>(banned);
  return pieces.bytes();
}

StepScratch lay_out_scratch(std::byte* base, const StepModel& model, int rows, int multiprocessors) {
  StepScratch s;
  Pieces pieces(base);
  const size_t count = rows, hidden = model.hidden, pairs = count * std::max(model.top, 1);
  StepInputs sizes;
  s.input_block = pieces.take<std::byte>(lay_out_inputs(nullptr, rows, model.layer_count, kMaxBanned, sizes));
  lay_out_inputs(s.input_block, rows, model.layer_count, kMaxBanned, s.inputs);
  s.x = pieces.take<float>(count * hidden);
  s.normed = pieces.take<Bits>(count * hidden);
  s.qkv = pieces.take<float>(count * 3 * hidden);
  // Fewer rows are cut into more parts: rows · parts stays below this.
  size_t parts = 0;
  for (int r = 1; r <= rows; ++r)
    parts = std::max(parts, static_cast<size_t>(r) * attention_parts(r, model.heads, multiprocessors));
  s.part_values = pieces.take<float>(parts * hidden);
  s.part_sums = pieces.take<float>(parts * model.heads * 2);
  s.attended = pieces.take<Bits>(count * hidden);
  s.scores = pieces.take<float>(count * std::max(model.experts, 1));
  s.counter = pieces.take<int32_t>(1);
  s.groups.experts = pieces.take<int32_t>(pairs);
  s.groups.weights = pieces.take<float>(pairs);
  s.groups.touched = pieces.take<int32_t>(model.experts + 1);
  s.groups.first = pieces.take<int32_t>(model.experts + 1);
  s.groups.pairs = pieces.take<int32_t>(pairs);
  s.inner = pieces.take<Bits>(pairs * model.width);
  s.own_inner = pieces.take<Bits>(count * own_columns(model));
  s.routed = pieces.take<float>(pairs * hidden);
  s.own = pieces.take<float>(most_slices(model) * count * hidden);
  s.logits = pieces.take<float>(count * model.vocabulary);
  s.parts = pieces.take<ChoicePart>(count * kChoiceParts);
  s.choices = pieces.take<RowChoice>(count);
  s.bytes = pieces.bytes();
  return s;
}

const char* Step::norm_after(const LayerWeights* layer, const float* weight, int count, const Queue& queue) const {
  NormArguments a{};
  a.x = scratch.x;
  a.weight = weight;
  a.out = scratch.normed;
  a.rows = count;
  a.hidden = model.hidden;
  a.top = model.top;
  a.epsilon = model.epsilon;
  if (layer != nullptr) {
    a.own = scratch.own;
    a.slices = layer->slices;
    if (layer->gate != nullptr) {
      a.routed = scratch.routed;
      a.routed_weights = scratch.groups.weights;
    }
  }
  return launch_norm(a, queue);
}

const char* Step::attend(const LayerWeights& layer, int index, int count, const Queue& queue) const {
  const int hidden = model.hidden;
  AttentionArguments a{};
  a.qkv = scratch.qkv;
  a.cosines = model.cosines;
  a.sines = model.sines;
  a.caches = scratch.inputs.caches + index;
  a.lengths = scratch.inputs.lengths;
  a.capacities = scratch.inputs.capacities;
  a.part_values = scratch.part_values;
  a.part_sums = scratch.part_sums;
  a.out = scratch.attended;
  a.rows = count;
  a.heads = model.heads;
  a.dim = model.dim;
  a.parts = attention_parts(count, model.heads, multiprocessors);
  a.cache_stride = model.layer_count;
  const char* error = launch_linear({scratch.normed, layer.qkv, scratch.qkv, count, hidden, 3 * hidden, false}, queue);
  if (error == nullptr) error = launch_attention(a, queue);
  if (error != nullptr) return error;
  return launch_linear({scratch.attended, layer.out, scratch.x, count, hidden, hidden, true}, queue);
}

const char* Step::feed_forward(const LayerWeights& layer, int count, const Queue& queue) const {
  const char* error = nullptr;
  if (layer.gate == nullptr) {
    error = norm_after(nullptr, layer.post_norm, count, queue);
  } else {
    error = launch_route(
        {scratch.x, layer.post_norm, layer.gate, scratch.normed, scratch.scores, scratch.counter, scratch.groups, count,
         model.hidden, model.experts, model.top, model.epsilon, model.scale, model.normalise},
        queue);
  }
  if (error != nullptr) return error;
  ExpertsArguments a{};
  a.x = scratch.normed;
  a.gate_up = layer.gate != nullptr ? layer.gate_up : nullptr;
  a.down = layer.down;
  a.own_gate_up = layer.own_gate_up;
  a.own_down = layer.own_down;
  a.groups = scratch.groups;
  a.inner = scratch.inner;
  a.own_inner = scratch.own_inner;
  a.routed = scratch.routed;
  a.own = scratch.own;
  a.rows = count;
  a.hidden = model.hidden;
  a.experts = model.experts;
  a.top = model.top;
  a.width = model.width;
  a.slices = layer.slices;
  a.own_width = layer.own_width;
  return launch_experts(a, queue);
}

const char* Step::launch(int count, const Queue& queue) const {
  const char* failure =
      launch_embed({scratch.inputs.ids, model.embedding, scratch.x, count, model.hidden}, {queue.stream});
  const LayerWeights* previous = nullptr;
  for (int i = 0; i < model.layer_count && failure == nullptr; ++i) {
    const LayerWeights& layer = layers[i];
    failure = norm_after(previous, layer.input_norm, count, queue);
    if (failure == nullptr) failure = attend(layer, i, count, queue);
    if (failure == nullptr) failure = feed_forward(layer, count, queue);
    previous = &layer;
  }
  if (failure == nullptr) failure = norm_after(previous, model.norm, count, queue);
  if (failure == nullptr) {
    failure = launch_linear(
        {scratch.normed, model.lm_head, scratch.logits, count, model.hidden, model.vocabulary, false}, queue);
  }
  if (failure != nullptr) return failure;
  return launch_choose({scratch.logits, scratch.inputs.banned, scratch.inputs.banned_first, scratch.parts,
                        scratch.choices, count, model.vocabulary},
                       queue);
}

}  // namespace deepseekocr::cuda
