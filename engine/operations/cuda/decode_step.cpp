// SPDX-License-Identifier: MIT
// The decode step on CUDA: tensors of the model become the plain pointers of operations/cuda/library.h.
#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <variant>

#include "checkpoint/error.h"
#include "operations/cuda/operations.h"
#include "operations/cuda/support.h"

namespace deepseekocr::operations {
namespace {

using deepseekocr::cuda::Bits;
using deepseekocr::cuda::LayerWeights;
using deepseekocr::cuda::StepModel;

const Bits* bits(const at::Tensor& tensor) {
  return static_cast<const Bits*>(tensor.const_data_ptr());
}

const Bits* bits(const Weights& weights) {
  return bits(std::get<at::Tensor>(weights));
}

const float* floats(const at::Tensor& tensor) {
  return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr;
}

bool fits(const at::Tensor& matrix) {
  return matrix.defined() && matrix.is_cuda() && matrix.scalar_type() == at::kBFloat16 && matrix.is_contiguous() &&
         reinterpret_cast<uintptr_t>(matrix.const_data_ptr()) % 16 == 0;
}

bool fits(const Weights& weights) {
  const auto* dense = std::get_if<at::Tensor>(&weights);
  return dense != nullptr && fits(*dense);
}

LayerWeights layer_pointers(const DecoderLayerWeights& layer) {
  const FeedForwardWeights& network = layer.feed_forward;
  LayerWeights pointers{};
  pointers.input_norm = floats(layer.input_norm);
  pointers.qkv = bits(layer.qkv);
  pointers.out = bits(layer.out);
  pointers.post_norm = floats(layer.post_attention_norm);
  if (network.gate.defined()) {
    pointers.gate = floats(network.gate);
    pointers.gate_up = bits(network.gate_up);
    pointers.down = bits(network.down);
  }
  pointers.own_gate_up = bits(network.own_gate_up);
  pointers.own_down = bits(network.own_down);
  const int width = static_cast<int>(std::get<at::Tensor>(network.own_down).size(1));
  pointers.slices = cuda::slices_of(width);
  pointers.own_width = width / pointers.slices;
  return pointers;
}

bool all_fit(const DecoderWeights& weights) {
  return fits(weights.embedding) && fits(weights.lm_head) &&
         std::all_of(weights.layers.begin(), weights.layers.end(), [](const DecoderLayerWeights& layer) {
           const FeedForwardWeights& network = layer.feed_forward;
           return fits(layer.qkv) && fits(layer.out) && fits(network.own_gate_up) && fits(network.own_down) &&
                  (!network.gate.defined() || (fits(network.gate_up) && fits(network.down)));
         });
}

StepModel model_of(const DecoderWeights& weights, const std::vector<LayerWeights>& layers) {
  StepModel model{};
  model.embedding = bits(weights.embedding);
  model.cosines = floats(weights.rope.cosines);
  model.sines = floats(weights.rope.sines);
  model.norm = floats(weights.norm);
  model.lm_head = bits(weights.lm_head);
  model.layers = layers.data();
  model.layer_count = static_cast<int>(layers.size());
  model.hidden = static_cast<int>(weights.embedding.size(1));
  model.heads = weights.heads;
  model.dim = model.hidden / weights.heads;
  model.vocabulary = static_cast<int>(weights.lm_head.size(0));
  model.epsilon = static_cast<float>(weights.epsilon);
  model.scale = static_cast<float>(weights.weight_scale);
  model.normalise = weights.normalise_weights;
  for (const DecoderLayerWeights& layer : weights.layers) {
    if (!layer.feed_forward.gate.defined()) continue;
    model.experts = static_cast<int>(layer.feed_forward.gate.size(0));
    model.top = weights.experts_per_token;
    model.width = static_cast<int>(std::get<at::Tensor>(layer.feed_forward.down).size(2));
  }
  return model;
}

Choice to_choice(const deepseekocr::cuda::RowChoice& row, int64_t vocabulary) {
  if (row.finite == 0) refuse_logits();
  if (row.id < 0) refuse_bans(vocabulary);
  return {row.id, row.log_probability, row.margin};
}

class CudaDecodeStep final : public DecodeStep {
 public:
  explicit CudaDecodeStep(const DecoderWeights& weights) : weights_(weights), device_(weights.lm_head.device()) {
    for (const DecoderLayerWeights& layer : weights_.layers) layers_.push_back(layer_pointers(layer));
    model_ = model_of(weights_, layers_);
  }
  CudaDecodeStep(const CudaDecodeStep&) = delete;
  CudaDecodeStep& operator=(const CudaDecodeStep&) = delete;
  ~CudaDecodeStep() override { library().destroy_step(step_); }

  const char* complaint() const { return library().complaint(model_); }

  bool takes(std::span<const StepSequence> sequences) const override {
    size_t banned = 0;
    for (const StepSequence& sequence : sequences) banned += sequence.banned.size();
    return !sequences.empty() && sequences.size() <= deepseekocr::cuda::kMaxRows &&
           banned <= deepseekocr::cuda::kMaxBanned;
  }

  void run(std::span<const StepSequence> sequences, std::span<Choice> choices) override {
    if (step_ == nullptr) create();
    rows_.clear();
    for (const StepSequence& sequence : sequences) {
      rows_.push_back({sequence.id, static_cast<int32_t>(sequence.length), static_cast<int32_t>(sequence.capacity),
                       sequence.caches.data(), sequence.banned.data(), static_cast<int32_t>(sequence.banned.size())});
    }
    results_.resize(rows_.size());
    const int count = static_cast<int>(rows_.size());
    deepseekocr::cuda::check(
        library().run_step(step_, rows_.data(), count, results_.data(), cuda::current_stream(device_)));
    for (size_t i = 0; i < results_.size(); ++i) choices[i] = to_choice(results_[i], model_.vocabulary);
  }

  at::Tensor logits() const override {
    return cuda::view_floats(library().step_logits(step_), {static_cast<int64_t>(rows_.size()), model_.vocabulary},
                             device_);
  }

 private:
  static const deepseekocr::cuda::Library& library() { return *deepseekocr::cuda::support().library; }

  /// Its memory is taken when the first step comes.
  void create() {
    constexpr int kRows = deepseekocr::cuda::kMaxRows;
    const auto bytes = static_cast<int64_t>(library().scratch_bytes(model_, kRows));
    scratch_ = at::zeros({bytes}, at::TensorOptions().dtype(at::kByte).device(device_));
    deepseekocr::cuda::check(
        library().create_step(model_, kRows, scratch_.mutable_data_ptr(), device_.index(), &step_));
  }

  DecoderWeights weights_;
  at::Device device_;
  std::vector<LayerWeights> layers_;
  StepModel model_;
  at::Tensor scratch_;
  deepseekocr::cuda::Step* step_ = nullptr;
  std::vector<deepseekocr::cuda::StepRow> rows_;
  std::vector<deepseekocr::cuda::RowChoice> results_;
};

}  // namespace

namespace cuda {

std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights) {
  if (!all_fit(weights)) return nullptr;
  auto step = std::make_unique<CudaDecodeStep>(weights);
  return step->complaint() == nullptr ? std::move(step) : nullptr;
}

int slices_of(int width) {
  constexpr int kMostSlices = 8, kLeastWidth = 640;
  for (int slices = std::min(kMostSlices, width / kLeastWidth); slices > 1; --slices) {
    if (width % slices == 0 && width / slices % 8 == 0) return slices;
  }
  return 1;
}

deepseekocr::cuda::Stream current_stream(at::Device device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device).native_handle();
}

at::Tensor view_floats(const float* data, at::IntArrayRef shape, at::Device device) {
  // from_blob wants a mutable pointer; the tensor is only read.
  return at::from_blob(const_cast<float*>(data), shape, at::TensorOptions().dtype(at::kFloat).device(device));
}

}  // namespace cuda

}  // namespace deepseekocr::operations
