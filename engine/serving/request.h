// SPDX-License-Identifier: MIT
// One reading of one picture on its way through the engine.
#pragma once

#include <deepseekocr/engine.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "image/views.h"
#include "serving/generation.h"
#include "serving/held_image.h"
#include "serving/model_runner.h"
#include "serving/sampler.h"
#include "text/prompt.h"

namespace deepseekocr {

struct Client;

/// What the caller asked for, copied and checked, defaults filled in where the model need not be known.
struct RequestSpec {
  DsocrMode mode = DSOCR_MODE_AUTO;
  int max_tiles = 0;
  std::string prompt;            ///< empty: the model's default
  std::optional<PromptIds> ids;  ///< instead of `prompt`
  int max_new_tokens = 0;        ///< 0: what fits
  bool ignore_eos = false;
  int ngram_size = 30;  ///< 0: off
  int ngram_window = 90;
  std::optional<std::vector<int32_t>> ngram_whitelist;  ///< nothing: the tokenizer's table cells
  bool loop_guard = true;
  std::chrono::nanoseconds max_time{0};  ///< 0: none
  uint64_t stream = 0;                   ///< whose previous answer is the draft; 0: no draft
  DsocrRequestCallbacks callbacks{};
};

/// A request made ready for the model: made by prepare() on a preprocessing thread.
struct PreparedPage {
  PageViews views;
  ViewPlan plan;
  PromptIds prompt;
  std::vector<int32_t> input_ids;  ///< prompt with image ids, as the classic n-gram rule sees it
  int image_tokens = 0;
  NgramRule ngram_rule;
  GenerationLimits limits;
};

/// How a request ended.
struct Outcome {
  DsocrFinishReason reason = DSOCR_FINISH_ERROR;
  std::optional<DsocrError> error;  ///< set if and only if reason is ERROR
};

/// Text on its way to the text() callback.  While a callback is slow, pieces grow together instead of queueing up.
class PendingText {
 public:
  /// Engine thread.  @return whether a delivery must be posted (none is on its way)
  bool append(std::string_view piece);
  /// Callback thread.
  std::string take();

 private:
  std::mutex mutex_;  // leaf lock
  std::string text_;
};

/// One thread works on a request at a time; they hand it over through the engine's lock, in the order submitter →
/// preprocessing thread → engine thread → callback thread.  Only `cancelled` and `pending_text` are shared.
struct Request : std::enable_shared_from_this<Request> {
  using Time = std::chrono::steady_clock::time_point;

  Request(uint64_t request_id, std::shared_ptr<Client> owner, RequestSpec request_spec, const DsocrImage& picture,
          DsocrMemory memory, PixelRelease&& release)
      : id(request_id),
        client(std::move(owner)),
        spec(std::move(request_spec)),
        image(picture, memory, std::move(release)) {}

  const uint64_t id;
  const std::shared_ptr<Client> client;
  const RequestSpec spec;
  HeldImage image;
  CancelFlag cancelled{false};
  PendingText pending_text;

  PreparedPage page;
  std::unique_ptr<ImageFeatures> features;
  std::unique_ptr<Sequence> sequence;
  std::vector<int32_t> draft;  ///< a guess at the answer
  Generation generation;
  uint64_t counted_tokens = 0;  ///< of generation.generated(), what the client's statistics hold already
  uint64_t ngram_bans = 0;      ///< steps at which the n-gram rule forbade something, not yet in those statistics
  uint64_t draft_tokens = 0;    ///< of the draft that was verified, not yet in those statistics
  uint64_t draft_accepted = 0;  ///< of these, ids of the answer
  std::optional<Outcome> outcome;

  Time submitted;
  Time started;  ///< first work; equal to `submitted` if there was none
  DsocrTimings timings{};

  /// Whether max_time has passed.  It is looked at between preparation, vision, prefill and tokens.
  bool timed_out(Time now) const { return spec.max_time.count() > 0 && now - started >= spec.max_time; }
  void end(DsocrFinishReason reason) { outcome = Outcome{reason, std::nullopt}; }
  void fail(const DsocrError& error) { outcome = Outcome{DSOCR_FINISH_ERROR, error}; }
};

}  // namespace deepseekocr
