// SPDX-License-Identifier: MIT
// What the scheduler needs of a model.  The LibTorch model implements it (model/), tests implement it with a fake one.
// No tensor type appears here, so scheduling is built, tested and sanitised without LibTorch.
#pragma once

#include <deepseekocr/engine.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "checkpoint/model_config.h"
#include "image/device_pictures.h"
#include "image/views.h"

namespace deepseekocr {

/// Set by cancel(); looked at between layers and tokens.
using CancelFlag = std::atomic<bool>;

/// Thrown by a runner that saw its cancel flag.
struct Cancelled {};

/// The image tokens of one picture: hidden states in model precision, wherever the model keeps them.
class ImageFeatures {
 public:
  virtual ~ImageFeatures() = default;
  virtual int token_count() const = 0;
};

/// One sequence inside the model: its KV cache and position.
class Sequence {
 public:
  virtual ~Sequence() = default;
  virtual int length() const = 0;  ///< tokens in the cache
};

/// The id chosen at a step.
struct TokenChoice {
  int32_t id = 0;
  float log_probability = 0;  ///< of `id` under the softmax of the raw logits
  float margin = 0;           ///< best minus second logit after bans, in standard deviations of the raw logits
};

/// What a prefill runs, one behind the other: ids, the image tokens, ids, and a draft of the answer.
struct PrefillInput {
  std::span<const int32_t> before;
  const ImageFeatures* image = nullptr;
  std::span<const int32_t> after;
  std::span<const int32_t> draft;  ///< ids that the answer may begin with; may be empty
  /// Ids that may not be chosen behind the prompt, and behind each id of the draft: draft.size() + 1 lists.
  std::span<const std::span<const int32_t>> banned;
};

/// One sequence of a decode step.
struct DecodeItem {
  Sequence* sequence = nullptr;
  int32_t input = 0;                ///< the id chosen last
  std::span<const int32_t> banned;  ///< ids that may not be chosen
  TokenChoice choice;               ///< out
  /// Out: why this sequence alone could not go on (its cache found no memory); then there is no choice.
  std::exception_ptr failure = nullptr;
};

struct ModelOptions {
  std::filesystem::path model_path;
  std::filesystem::path adapter_path;  ///< empty: none
  std::string device = "auto";
  DsocrPrecision precision = DSOCR_PRECISION_AUTO;
  int threads = 0;                     ///< 0: chosen by the runner
  std::filesystem::path weight_cache;  ///< folder for files of packed weights; empty: none
  DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO;
};

/// (percent, what)
using LoadProgress = std::function<void(int, const std::string&)>;

/// A loaded model.  All members but device_pictures() are called from one thread (the engine thread) only.
class ModelRunner {
 public:
  virtual ~ModelRunner() = default;

  virtual const ModelConfig& config() const = 0;
  virtual std::string device() const = 0;     ///< "cpu", "cuda:0"
  virtual std::string precision() const = 0;  ///< "fp32", "bf16", "int8", "int4"
  virtual std::string kv_cache() const = 0;   ///< "fp32", "bf16", "int8"
  /// Bytes of the keys and values of one position: what a decode step reads for each that is filled.
  virtual uint64_t position_bytes() const = 0;
  virtual uint64_t parameter_count() const = 0;
  virtual uint64_t weight_bytes() const = 0;

  /// What takes pictures that lie in the memory of the model's CUDA device; NULL where it has none.  Any thread; valid
  /// as long as the runner.
  virtual DevicePictures* device_pictures() { return nullptr; }

  /// Encodes pictures and lays their tokens out (specification 1.1–1.4).  Views of equal size are encoded together.
  /// Flags are looked at between layers; pages whose flag is set give nullptr.
  virtual std::vector<std::unique_ptr<ImageFeatures>> encode(std::span<const PageViews* const> pages,
                                                             std::span<const CancelFlag* const> cancelled) = 0;

  /// Runs prompt and draft through the decoder in one pass and chooses the first id; and the next one, as long as the
  /// one before is that of the draft: what decoding would have chosen, id by id.
  /// @param choices  out: 1 … draft.size() + 1 of them
  /// @return the sequence of the prompt and those ids of the draft that were chosen, choices.size() − 1: the rest of
  ///   the draft leaves nothing behind
  /// @throws Cancelled, EngineError
  virtual std::unique_ptr<Sequence> prefill(const PrefillInput& input, const CancelFlag& cancelled,
                                            std::vector<TokenChoice>& choices) = 0;

  /// The same without a draft.
  std::unique_ptr<Sequence> prefill(std::span<const int32_t> ids_before, const ImageFeatures& image,
                                    std::span<const int32_t> ids_after, std::span<const int32_t> banned,
                                    const CancelFlag& cancelled, TokenChoice& choice) {
    std::vector<TokenChoice> choices;
    auto sequence = prefill({ids_before, &image, ids_after, {}, {&banned, 1}}, cancelled, choices);
    choice = choices.at(0);
    return sequence;
  }

  /// One step for every item: appends `input` to its sequence and chooses the next id.
  virtual void decode(std::span<DecodeItem> items) = 0;
};

/// Loads a model.  Defined by the library that is linked: model/ (LibTorch) or a test's fake.
/// @throws EngineError
std::unique_ptr<ModelRunner> load_model(const ModelOptions& options, const LoadProgress& progress,
                                        const CancelFlag& cancelled);

/// Where load_model() would put a model that is asked to run on `device`: "cpu", "cuda:0".  Any thread.  Defined beside
/// load_model(), as are those below.
/// @param device  "auto", "cpu", "cuda:N"
/// @throws EngineError as load_model() for the device's sake
std::string find_device(const std::string& device, DsocrPrecision precision);

/// DsocrEngineApi::halve_luma for a checked picture in CUDA memory, of at least 2×2 pixels.  Any thread.
/// @throws EngineError  DSOCR_UNSUPPORTED where CUDA cannot be used
void halve_device_luma(const DsocrImage& image, uint8_t* out, int32_t stride);

/// "LibTorch 2.11.0" or the name of a fake; static storage.
const char* model_library_name();

}  // namespace deepseekocr
