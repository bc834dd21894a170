// SPDX-License-Identifier: MIT
#include "model/torch_runner.h"

#include <ATen/Version.h>
#include <ATen/ops/cat.h>
#include <c10/core/InferenceMode.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <c10/util/Exception.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <exception>
#include <new>
#include <optional>
#include <utility>

#include "checkpoint/checkpoint.h"
#include "checkpoint/error.h"
#include "kernels/isa.h"
#include "model/decoder.h"
#include "model/device.h"
#include "model/exact_arithmetic.h"
#include "model/host_resources.h"
#include "model/kv_cache.h"
#include "model/packed_weights.h"
#include "model/precision.h"
#include "model/vision_encoder.h"
#include "operations/cuda/pictures.h"
#include "operations/cuda/support.h"
#include "operations/threads.h"

namespace deepseekocr {
namespace {

/// Parameters up to which a second thread costs more in barriers than it gains.
constexpr uint64_t kSmallModel = 50'000'000;

/// Rows of a draft that the head is asked for at once.
constexpr size_t kHeadRows = 16;

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

/// A stream of our own where the device has streams: other parts of the process may use the default one.
std::optional<c10::Stream> own_stream(at::Device device) {
  if (device.is_cpu()) return std::nullopt;
  return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

/// Runs `work` without gradients, on `stream` if there is one, and turns LibTorch's exceptions into the engine's.
template <typename Work>
auto guarded(const std::optional<c10::Stream>& stream, Work work) {
  try {
    const c10::InferenceMode inference;
    const c10::OptionalStreamGuard on_stream(stream);
    return work();
  } catch (const c10::Error& error) {
    const std::string whole = error.what_without_backtrace(), sentence = whole.substr(0, whole.find('\n'));
    const bool memory = dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
                        sentence.find("not enough memory") != std::string::npos;
    throw EngineError(memory ? DSOCR_OUT_OF_MEMORY : DSOCR_INTERNAL, "LibTorch reports: " + sentence + ".");
  } catch (const std::bad_alloc&) {
    throw EngineError(DSOCR_OUT_OF_MEMORY, "Not enough memory: use a smaller resolution, batch size or model.");
  }
}

int choose_threads(int wanted, uint64_t parameters) {
  if (wanted > 0) return wanted;
  return parameters <= kSmallModel ? 1 : std::min(4, available_cores());
}

/// Weights in few bits compute on a processor: "auto" is that then.
ChosenDevice choose_device(const std::string& device, DsocrPrecision precision) {
  const bool few_bits = precision == DSOCR_PRECISION_INT8 || precision == DSOCR_PRECISION_INT4;
  const bool automatic = device.empty() || device == "auto";
  return deepseekocr::choose_device(few_bits && automatic ? "cpu" : device);
}

/// Bytes of the weights, of one whole cache and of a batch of views.
uint64_t needed_memory(const ModelConfig& config, const ModelPrecision& precision, CacheFormat format) {
  const uint64_t positions = static_cast<uint64_t>(config.decoder.max_positions);
  return weight_bytes(config, precision) + positions * cache_bytes(config.decoder, precision.dtype, format) +
         vision_working_memory(config);
}

TokenChoice to_token_choice(const operations::Choice& choice) {
  return {choice.id, choice.log_probability, choice.margin};
}

class TorchRunner final : public ModelRunner {
 public:
  TorchRunner(const Checkpoint& checkpoint, const ModelOptions& options, const ModelPrecision& precision,
              CacheFormat cache_format, at::Device device, std::optional<c10::Stream> stream, int threads,
              const LoadProgress& progress, const CancelFlag& cancelled, StageRecorder* recorder)
      : config_(checkpoint.config()),
        precision_(precision.name()),
        cache_format_(cache_format),
        options_(at::TensorOptions().dtype(precision.dtype).device(device)),
        stream_(stream),
        parameters_(checkpoint.parameter_count()),
        threads_(threads),
        recorder_(recorder) {
    use_threads();
    WeightLoader loader(checkpoint, options_, precision.packing, progress, cancelled,
                        packed_cache_place(checkpoint, options, precision));
    loader.use(precision.vision, precision.vision_packing);
    vision_ = std::make_unique<VisionEncoder>(config_, loader);
    loader.use(precision.dtype, precision.packing);
    decoder_ = std::make_unique<Decoder>(config_.decoder, loader);
    weight_bytes_ = loader.bytes_held();
    loader.finish();
    step_ = operations::make_decode_step(decoder_->weights());
    if (device.is_cuda()) pictures_ = std::make_unique<cuda::Pictures>(cuda::picture_memory(device.index()));
  }

  const ModelConfig& config() const override { return config_; }
  std::string device() const override { return options_.device().str(); }
  std::string precision() const override { return precision_; }
  std::string kv_cache() const override {
    if (cache_format_ == CacheFormat::int8) return "int8";
    return precision_type() == at::kFloat ? "fp32" : "bf16";
  }
  uint64_t position_bytes() const override { return cache_bytes(config_.decoder, precision_type(), cache_format_); }
  uint64_t parameter_count() const override { return parameters_; }
  uint64_t weight_bytes() const override { return weight_bytes_; }
  DevicePictures* device_pictures() override { return pictures_.get(); }

  std::vector<std::unique_ptr<ImageFeatures>> encode(std::span<const PageViews* const> pages,
                                                     std::span<const CancelFlag* const> cancelled) override {
    return guarded(stream_, [&] {
      const ExactArithmetic exact(precision_type());
      use_threads();
      std::vector<std::unique_ptr<ImageFeatures>> features;
      for (at::Tensor& tokens : vision_->encode(pages, cancelled, recorder_)) {
        features.push_back(tokens.defined() ? std::make_unique<TorchFeatures>(std::move(tokens)) : nullptr);
      }
      return features;
    });
  }

  using ModelRunner::prefill;
  std::unique_ptr<Sequence> prefill(const PrefillInput& input, const CancelFlag& cancelled,
                                    std::vector<TokenChoice>& choices) override {
    return guarded(stream_, [&]() -> std::unique_ptr<Sequence> {
      const ExactArithmetic exact(precision_type());
      use_threads_of_decoder();
      const at::Tensor& tokens = static_cast<const TorchFeatures*>(input.image)->tokens;
      std::vector<at::Tensor> parts = {decoder_->embed(input.before), tokens, decoder_->embed(input.after)};
      if (!input.draft.empty()) parts.push_back(decoder_->embed(input.draft));
      auto sequence = std::make_unique<TorchSequence>(KvCache(config_.decoder, options_, cache_format_));
      KvCache* cache = &sequence->cache;
      RunContext context{recorder_, "", [&] { return cancelled.load(); }};
      const at::Tensor hidden = decoder_->forward(at::cat(parts), {&cache, 1}, context);
      const auto drafted = static_cast<int64_t>(input.draft.size()), prompt = hidden.size(0) - drafted;
      choices = choose_along(hidden.narrow(0, prompt - 1, drafted + 1), input, context);
      cache->shorten(prompt + static_cast<int64_t>(choices.size()) - 1);
      return sequence;
    });
  }

  void decode(std::span<DecodeItem> items) override {
    guarded(stream_, [&] {
      const ExactArithmetic exact(precision_type());
      use_threads_of_decoder();
      make_room(items);
      if (ready_.empty() || (step_ && decode_as_one())) return;
      std::vector<KvCache*> caches;
      std::vector<int32_t> inputs;
      std::vector<std::span<const int32_t>> banned;
      for (const DecodeItem* item : ready_) {
        caches.push_back(&cache_of(*item));
        inputs.push_back(item->input);
        banned.push_back(item->banned);
      }
      const at::Tensor hidden = decoder_->forward(decoder_->embed(inputs), caches, {});
      const at::Tensor normed = decoder_->final_norm(hidden);
      if (recorder_) recorder_->record("logits.next", decoder_->head().logits(normed));
      const std::vector<operations::Choice> choices = decoder_->head().choose(normed, banned);
      for (size_t i = 0; i < ready_.size(); ++i) ready_[i]->choice = to_token_choice(choices[i]);
    });
  }

 private:
  static KvCache& cache_of(const DecodeItem& item) { return static_cast<TorchSequence*>(item.sequence)->cache; }

  /// Makes room for a position in each cache; ready_ are then the items but those whose cache found no memory.
  void make_room(std::span<DecodeItem> items) {
    ready_.clear();
    for (DecodeItem& item : items) {
      try {
        // An error of LibTorch becomes one of the engine, as everywhere.
        guarded(std::nullopt, [&] { cache_of(item).reserve(1); });
        ready_.push_back(&item);
      } catch (const EngineError& error) {
        if (error.status() != DSOCR_OUT_OF_MEMORY) throw;
        item.failure = std::current_exception();
      }
    }
  }

  /// The step of ready_ as one operation.  @return false, with nothing done, if it does not take these items
  bool decode_as_one() {
    sequences_.clear();
    for (const DecodeItem* item : ready_) {
      const KvCache& cache = cache_of(*item);
      decoder_->check_id(item->input);
      sequences_.push_back(
          {item->input, cache.length(), cache.capacity(), cache.addresses(), item->banned, cache.scale_addresses()});
    }
    if (!step_->takes(sequences_)) return false;
    choices_.resize(ready_.size());
    step_->run(sequences_, choices_);
    for (size_t i = 0; i < ready_.size(); ++i) {
      cache_of(*ready_[i]).advance(1);
      ready_[i]->choice = to_token_choice(choices_[i]);
    }
    if (recorder_) recorder_->record("logits.next", step_->logits());
    return true;
  }

  at::ScalarType precision_type() const { return c10::typeMetaToScalarType(options_.dtype()); }

  /// The choices behind the prompt and along the draft: hidden (draft + 1, hidden).  A few rows of the head at a time:
  /// the first difference ends it, and few rows are multiplied as those of a decode step are.
  std::vector<TokenChoice> choose_along(const at::Tensor& hidden, const PrefillInput& input,
                                        const RunContext& context) const {
    std::vector<TokenChoice> choices;
    const size_t rows = input.draft.size() + 1;
    while (choices.size() < rows && (choices.empty() || choices.back().id == input.draft[choices.size() - 1])) {
      context.check();
      const size_t first = choices.size(), some = std::min(kHeadRows, rows - first);
      const at::Tensor normed =
          decoder_->final_norm(hidden.narrow(0, static_cast<int64_t>(first), static_cast<int64_t>(some)));
      if (recorder_ && first == 0) {
        recorder_->record("final_norm.last", normed[0]);
        recorder_->record("logits.first", decoder_->head().logits(normed.narrow(0, 0, 1)));
      }
      const auto expected = input.draft.subspan(first, std::min(some, rows - 1 - first));
      for (const operations::Choice& choice :
           decoder_->head().choose(normed, input.banned.subspan(first, some), expected))
        choices.push_back(to_token_choice(choice));
    }
    return choices;
  }

  void use_threads() const { operations::use_threads(threads_, false); }

  void use_threads_of_decoder() const {
    operations::use_threads(threads_, options_.device().is_cpu() && operations::team_computes(precision_type()));
  }

  ModelConfig config_;
  std::string precision_;
  CacheFormat cache_format_;
  at::TensorOptions options_;
  std::optional<c10::Stream> stream_;  ///< of every computation, where the device has streams
  uint64_t parameters_;
  uint64_t weight_bytes_ = 0;
  int threads_;
  StageRecorder* recorder_;
  std::unique_ptr<VisionEncoder> vision_;
  std::unique_ptr<Decoder> decoder_;
  std::unique_ptr<cuda::Pictures> pictures_;      ///< NULL: not on CUDA
  std::unique_ptr<operations::DecodeStep> step_;  ///< NULL: decode operation by operation

  // Of the decode step that goes on; kept, so that a step takes no memory.
  std::vector<DecodeItem*> ready_;
  std::vector<operations::StepSequence> sequences_;
  std::vector<operations::Choice> choices_;
};

}  // namespace

std::unique_ptr<ModelRunner> load_torch_model(const ModelOptions& options, const LoadProgress& progress,
                                              const CancelFlag& cancelled, StageRecorder* recorder) {
  if (const std::string complaint = kernels::isa_complaint(); !complaint.empty()) throw ArgumentError(complaint);
  const auto [device, note] = choose_device(options.device, options.precision);
  if (!note.empty() && progress) progress(0, note);
  const auto stream = guarded(std::nullopt, [&, device = device] { return own_stream(device); });
  return guarded(stream, [&, device = device]() -> std::unique_ptr<ModelRunner> {
    const Checkpoint checkpoint = Checkpoint::open(options.model_path, options.adapter_path);
    const uint64_t parameters = checkpoint.parameter_count();
    const bool has_kernels = device.is_cpu() && kernels::active_isa() != kernels::Isa::none;
    const ModelPrecision precision =
        choose_precision(options.precision, parameters, checkpoint.config().int8_vision, has_kernels);
    if (precision.packing && !device.is_cpu()) {
      throw EngineError(DSOCR_UNSUPPORTED, "Precision " + precision.name() +
                                               " computes on the CPU only: use device cpu, or precision bf16 or fp32.");
    }
    const CacheFormat format = choose_cache_format(options.kv_cache, precision, has_kernels);
    require_memory(needed_memory(checkpoint.config(), precision, format), available_device_memory(device),
                   options.model_path.string());
    return std::make_unique<TorchRunner>(checkpoint, options, precision, format, device, stream,
                                         choose_threads(options.threads, parameters), progress, cancelled, recorder);
  });
}

std::unique_ptr<ModelRunner> load_model(const ModelOptions& options, const LoadProgress& progress,
                                        const CancelFlag& cancelled) {
  return load_torch_model(options, progress, cancelled, nullptr);
}

std::string find_device(const std::string& device, DsocrPrecision precision) {
  return choose_device(device, precision).device.str();
}

void halve_device_luma(const DsocrImage& image, uint8_t* out, int32_t stride) {
  const cuda::Support& support = cuda::support();
  if (!support.complaint.empty()) {
    throw EngineError(DSOCR_UNSUPPORTED, "A picture in CUDA memory cannot be read: " + support.complaint +
                                             "; put cudadownload before the reader.");
  }
  cuda::halve_luma(cuda::picture_memory(cuda::device_of(*support.library, image)), image, out, stride);
}

const char* model_library_name() {
  return "LibTorch " TORCH_VERSION;
}

}  // namespace deepseekocr
