// SPDX-License-Identifier: MIT
// The element's end of the engine boundary: one client, its loading events, its requests.  No GStreamer here.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "deepseekocr/reading.h"
#include "deepseekocr/retry_queue.h"
#include "deepseekocr/settings.h"

namespace deepseekocr::plugin {

/// What DsocrModelInfo says, copied out of the callback.
struct ModelInfo {
  std::string name, device, precision, default_prompt;
  uint64_t parameters = 0;
  std::vector<std::string> supported_prompts;
  bool has_tokenizer = false;
};

/// Hears how loading goes: progress, then ready or failed; again each time that an idle model is loaded anew.  Called
/// from engine threads, without any lock held.
class LoadListener {
 public:
  virtual ~LoadListener() = default;
  virtual void on_progress(int32_t percent, const std::string& what) = 0;
  virtual void on_ready(const ModelInfo& info) = 0;
  virtual void on_failed(DsocrStatus status, const std::string& sentence) = 0;
  /// The prompt that an empty one stands for; empty before the model is ready.
  virtual std::string default_prompt() const = 0;
  /// How many weights the model has; 0 before it is ready.
  virtual uint64_t parameters() const = 0;
};

/// What a client is opened with; a client is opened anew when one of these changes.
struct ClientOptions {
  std::string model_path, adapter_path, weight_cache, device;
  DsocrPrecision precision = DSOCR_PRECISION_AUTO;
  DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO;
  int32_t threads = 0, batch_size = 0, batch_timeout_ms = 0, idle_timeout_ms = 0;
  bool live = false;

  bool operator==(const ClientOptions&) const = default;
};

ClientOptions client_options(const Settings& settings, bool live);

/// A picture that a request reads: keeps the pixels mapped until it is destroyed.
class Picture {
 public:
  virtual ~Picture() = default;
  /// Describes the pixels; release and release_data are the client's business.
  virtual void describe(DsocrImage* image) const = 0;
  /// Where they lie.
  virtual DsocrMemory memory() const = 0;
};

/// What a request says whose picture cannot be had.
constexpr const char* kUnreadableFrame =
    "the frame's memory cannot be read; put a videoconvert (for CUDA memory a cudadownload) before deepseekocr";

/// Called once for each submitted request, from an engine thread, without any lock held.
using DoneFunction = std::function<void(Reading)>;

/// Thread-safe.  After close() nothing is submitted any more; outstanding DoneFunctions still come.
class EngineClient {
 public:
  /// Opens a client; loading goes on in the background.
  /// @return NULL on failure, `*error` then holds the reason.  `listener` then hears nothing.
  static std::shared_ptr<EngineClient> open(const DsocrEngineApi* api, const ClientOptions& options,
                                            std::shared_ptr<LoadListener> listener, DsocrError* error);
  ~EngineClient() { close(); }
  EngineClient(const EngineClient&) = delete;
  EngineClient& operator=(const EngineClient&) = delete;

  void close();
  /// After close(): waits until an engine that nobody uses any more has stopped, at most one token or vision layer.
  void wait_unused() const;

  /// Queues one reading of `picture` as `settings` say.
  /// @param stream  of pictures that show much the same one after the other; 0: of none
  /// @return OK, and `done` will be called; otherwise `done` is not called and `*error` holds the reason.
  DsocrStatus submit(std::unique_ptr<Picture> picture, const std::optional<DsocrRect>& area, const Settings& settings,
                     uint64_t stream, DoneFunction done, uint64_t* request_id, DsocrError* error);

  /// After BUSY: calls `retry`, from an engine thread, as soon as a request has ended and there may be room.
  /// @return false: there is room
  bool retry_later(RetryQueue::Retry retry) { return retries_->wait(std::move(retry)); }

  /// Asks a request to end; id 0: all.
  void cancel(uint64_t request_id);

  DsocrStats stats() const;
  /// Requests that the engine has not begun with: stats().waiting without the rest.
  uint32_t waiting() const;
  const ClientOptions& options() const { return options_; }

 private:
  EngineClient(const DsocrEngineApi* api, ClientOptions options, std::shared_ptr<LoadListener> listener)
      : api_(api), options_(std::move(options)), listener_(std::move(listener)) {}

  const DsocrEngineApi* const api_;
  const ClientOptions options_;
  const std::shared_ptr<LoadListener> listener_;
  const std::shared_ptr<RetryQueue> retries_ = std::make_shared<RetryQueue>();  // requests may outlive the client
  mutable std::mutex mutex_;  // guards handle_; taken last, never while a callback of ours runs
  DsocrClient* handle_ = nullptr;
};

}  // namespace deepseekocr::plugin
