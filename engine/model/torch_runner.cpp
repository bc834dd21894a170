// SPDX-License-Identifier: MIT
#include "model/torch_runner.h"

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <new>
#include <utility>

#include "checkpoint/checkpoint.h"
#include "checkpoint/error.h"
#include "kernels/isa.h"
#include "model/decoder.h"
#include "model/host_resources.h"
#include "model/kv_cache.h"
#include "model/precision.h"
#include "model/vision_encoder.h"

namespace deepseekocr {
namespace {

/// Parameters up to which a second thread costs more in barriers than it gains.
constexpr uint64_t kSmallModel = 50'000'000;

struct TorchFeatures final : ImageFeatures {
  explicit TorchFeatures(at::Tensor own) : tokens(std::move(own)) {}
  int token_count() const override { return static_cast<int>(tokens.size(0)); }
  at::Tensor tokens;  ///< (tokens, hidden)
};

struct TorchSequence final : Sequence {
  explicit TorchSequence(KvCache own) : cache(std::move(own)) {}
  int length() const override { return static_cast<int>(cache.length()); }
  KvCache cache;
};

/// Runs `work` without gradients, and turns LibTorch's exceptions into the engine's.
template <typename Work>
auto guarded(Work work) {
  try {
    const c10::InferenceMode inference;
    return work();
  } catch (const c10::Error& error) {
    const std::string whole = error.what_without_backtrace(), sentence = whole.substr(0, whole.find('\n'));
    const bool memory = sentence.find("not enough memory") != std::string::npos;
    throw EngineError(memory ? DSOCR_OUT_OF_MEMORY : DSOCR_INTERNAL, "LibTorch reports: " + sentence + ".");
  } catch (const std::bad_alloc&) {
    throw EngineError(DSOCR_OUT_OF_MEMORY, "Not enough memory: use a smaller resolution, batch size or model.");
  }
}

at::Device parse_device(const std::string& name) {
  if (name.empty() || name == "auto" || name == "cpu") return at::Device(at::kCPU);
  if (name.rfind("cuda", 0) == 0) {
    throw EngineError(DSOCR_UNSUPPORTED,
                      "Device \"" + name + "\" cannot be used: this build has no CUDA support, use cpu or auto.");
  }
  throw ArgumentError("Unknown device \"" + name + "\": use auto, cpu or cuda:N.");
}

int choose_threads(int wanted, uint64_t parameters) {
  if (wanted > 0) return wanted;
  return parameters <= kSmallModel ? 1 : std::min(4, available_cores());
}

/// Bytes of the weights, of one whole cache and of a batch of views.
uint64_t needed_memory(const ModelConfig& config, const ModelPrecision& precision) {
  const DecoderConfig& decoder = config.decoder;
  const uint64_t cached = uint64_t{2} * static_cast<uint64_t>(decoder.layers) *
                          static_cast<uint64_t>(decoder.hidden_size) * static_cast<uint64_t>(decoder.max_positions);
  return weight_bytes(config, precision) + cached * at::elementSize(precision.dtype) + vision_working_memory(config);
}

TokenChoice to_token_choice(const operations::Choice& choice) {
  return {choice.id, choice.log_probability, choice.margin};
}

class TorchRunner final : public ModelRunner {
 public:
  TorchRunner(const Checkpoint& checkpoint, const ModelPrecision& precision, at::Device device, int threads,
              const LoadProgress& progress, const CancelFlag& cancelled, StageRecorder* recorder)
      : config_(checkpoint.config()),
        precision_(precision.name()),
        options_(at::TensorOptions().dtype(precision.dtype).device(device)),
        parameters_(checkpoint.parameter_count()),
        threads_(threads),
        recorder_(recorder) {
    use_threads();
    WeightLoader loader(checkpoint, options_, precision.packing, progress, cancelled);
    loader.use_dtype(precision.vision);
    vision_ = std::make_unique<VisionEncoder>(config_, loader);
    loader.use_dtype(precision.dtype);
    decoder_ = std::make_unique<Decoder>(config_.decoder, loader);
    weight_bytes_ = loader.bytes_held();
  }

  const ModelConfig& config() const override { return config_; }
  std::string device() const override { return options_.device().str(); }
  std::string precision() const override { return precision_; }
  uint64_t parameter_count() const override { return parameters_; }
  uint64_t weight_bytes() const override { return weight_bytes_; }

  std::vector<std::unique_ptr<ImageFeatures>> encode(std::span<const PageViews* const> pages,
                                                     std::span<const CancelFlag* const> cancelled) override {
    return guarded([&] {
      use_threads();
      std::vector<std::unique_ptr<ImageFeatures>> features;
      for (at::Tensor& tokens : vision_->encode(pages, cancelled, recorder_)) {
        features.push_back(tokens.defined() ? std::make_unique<TorchFeatures>(std::move(tokens)) : nullptr);
      }
      return features;
    });
  }

  std::unique_ptr<Sequence> prefill(std::span<const int32_t> ids_before, const ImageFeatures& image,
                                    std::span<const int32_t> ids_after, std::span<const int32_t> banned,
                                    const CancelFlag& cancelled, TokenChoice& choice) override {
    return guarded([&]() -> std::unique_ptr<Sequence> {
      use_threads();
      const at::Tensor& tokens = static_cast<const TorchFeatures&>(image).tokens;
      const at::Tensor x = at::cat({decoder_->embed(ids_before), tokens, decoder_->embed(ids_after)});
      auto sequence = std::make_unique<TorchSequence>(KvCache(config_.decoder, options_));
      KvCache* cache = &sequence->cache;
      RunContext context{recorder_, "", [&] { return cancelled.load(); }};
      const at::Tensor hidden = decoder_->forward(x, {&cache, 1}, context);
      const at::Tensor last = decoder_->final_norm(hidden.narrow(0, hidden.size(0) - 1, 1));
      context.record("final_norm.last", last.squeeze(0));
      choice = to_token_choice(choose(last, {&banned, 1}, "logits.first").at(0));
      return sequence;
    });
  }

  void decode(std::span<DecodeItem> items) override {
    if (items.empty()) return;
    guarded([&] {
      use_threads();
      std::vector<KvCache*> caches;
      std::vector<int32_t> inputs;
      std::vector<std::span<const int32_t>> banned;
      for (const DecodeItem& item : items) {
        caches.push_back(&static_cast<TorchSequence*>(item.sequence)->cache);
        inputs.push_back(item.input);
        banned.push_back(item.banned);
      }
      const at::Tensor hidden = decoder_->forward(decoder_->embed(inputs), caches, {});
      const std::vector<operations::Choice> choices = choose(decoder_->final_norm(hidden), banned, "logits.next");
      for (size_t i = 0; i < items.size(); ++i) items[i].choice = to_token_choice(choices[i]);
    });
  }

 private:
  std::vector<operations::Choice> choose(const at::Tensor& normed, std::span<const std::span<const int32_t>> banned,
                                         const std::string& stage) const {
    if (recorder_) recorder_->record(stage, decoder_->head().logits(normed));
    return decoder_->head().choose(normed, banned);
  }

  /// The number is a property of the calling thread; others of this process may have set theirs.
  void use_threads() const {
    if (at::get_num_threads() != threads_) at::set_num_threads(threads_);
  }

  ModelConfig config_;
  std::string precision_;
  at::TensorOptions options_;
  uint64_t parameters_;
  uint64_t weight_bytes_ = 0;
  int threads_;
  StageRecorder* recorder_;
  std::unique_ptr<VisionEncoder> vision_;
  std::unique_ptr<Decoder> decoder_;
};

}  // namespace

std::unique_ptr<ModelRunner> load_torch_model(const ModelOptions& options, const LoadProgress& progress,
                                              const CancelFlag& cancelled, StageRecorder* recorder) {
  return guarded([&]() -> std::unique_ptr<ModelRunner> {
    if (const std::string complaint = kernels::isa_complaint(); !complaint.empty()) throw ArgumentError(complaint);
    const at::Device device = parse_device(options.device);
    const Checkpoint checkpoint = Checkpoint::open(options.model_path);
    const uint64_t parameters = checkpoint.parameter_count();
    const ModelPrecision precision = choose_precision(options.precision, parameters);
    require_memory(needed_memory(checkpoint.config(), precision), available_memory(), options.model_path.string());
    return std::make_unique<TorchRunner>(checkpoint, precision, device, choose_threads(options.threads, parameters),
                                         progress, cancelled, recorder);
  });
}

std::unique_ptr<ModelRunner> load_model(const ModelOptions& options, const LoadProgress& progress,
                                        const CancelFlag& cancelled) {
  return load_torch_model(options, progress, cancelled, nullptr);
}

const char* model_library_name() {
  return "LibTorch " TORCH_VERSION;
}

}  // namespace deepseekocr
