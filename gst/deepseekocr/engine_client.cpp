// SPDX-License-Identifier: MIT
#include "deepseekocr/engine_client.h"

#include <cstddef>
#include <cstdio>
#include <utility>

namespace deepseekocr::plugin {
namespace {

using ListenerPtr = std::shared_ptr<LoadListener>;

ModelInfo copy_info(const DsocrModelInfo& info) {
  const auto text = [](const char* string) { return std::string(string != nullptr ? string : ""); };
  ModelInfo copy{text(info.name),           text(info.device), text(info.precision),
                 text(info.default_prompt), info.parameters,   {},
                 info.has_tokenizer != 0};
  for (const char* const* prompt = info.supported_prompts; prompt != nullptr && *prompt != nullptr; ++prompt)
    copy.supported_prompts.emplace_back(*prompt);
  return copy;
}

DsocrClientCallbacks client_callbacks(ListenerPtr listener) {
  DsocrClientCallbacks callbacks{};
  callbacks.struct_size = sizeof callbacks;
  callbacks.user_data = new ListenerPtr(std::move(listener));
  callbacks.progress = [](void* data, int32_t percent, const char* what) {
    (*static_cast<ListenerPtr*>(data))->on_progress(percent, what != nullptr ? what : "");
  };
  callbacks.ready = [](void* data, const DsocrModelInfo* info) {
    (*static_cast<ListenerPtr*>(data))->on_ready(copy_info(*info));
  };
  callbacks.failed = [](void* data, const DsocrError* error) {
    (*static_cast<ListenerPtr*>(data))->on_failed(error->status, error->message);
  };
  callbacks.release = [](void* data) { delete static_cast<ListenerPtr*>(data); };
  return callbacks;
}

/// What a request's callbacks need.
struct Pending {
  DoneFunction done;
  std::string prompt;
  ListenerPtr listener;
};

DsocrRequestCallbacks request_callbacks(Pending pending) {
  DsocrRequestCallbacks callbacks{};
  callbacks.struct_size = sizeof callbacks;
  callbacks.user_data = new Pending(std::move(pending));
  callbacks.done = [](void* data, const DsocrResult* result) {
    const auto& request = *static_cast<Pending*>(data);
    Reading reading = reading_from_result(*result);
    reading.model_parameters = request.listener->parameters();
    reading.prompt = request.prompt.empty() ? request.listener->default_prompt() : request.prompt;
    request.done(std::move(reading));
  };
  callbacks.release = [](void* data) { delete static_cast<Pending*>(data); };
  return callbacks;
}

/// What `settings` say, in the terms of the boundary, where zero is the default.  `prompt` must outlive the request.
DsocrRequest request_of(const Settings& settings, const std::string& prompt) {
  DsocrRequest request{};
  request.struct_size = sizeof request;
  request.mode = settings.resolution;
  request.max_tiles = settings.max_tiles;
  request.prompt = prompt.c_str();
  request.max_new_tokens = settings.max_new_tokens;
  request.no_repeat_ngram_size = settings.no_repeat_ngram_size > 0 ? settings.no_repeat_ngram_size : -1;
  request.no_repeat_ngram_window = settings.no_repeat_ngram_window;
  if (settings.ngram_whitelist) {
    static const int32_t kNone = 0;  // an empty list must not look like the default
    request.ngram_whitelist = settings.ngram_whitelist->empty() ? &kNone : settings.ngram_whitelist->data();
    request.ngram_whitelist_count = settings.ngram_whitelist->size();
  }
  request.max_time = uint64_t{settings.max_time_ms} * 1'000'000;
  return request;
}

}  // namespace

ClientOptions client_options(const Settings& settings, bool live) {
  return {settings.model_path,
          settings.adapter_path,
          settings.weight_cache,
          settings.device,
          settings.precision,
          settings.kv_cache,
          settings.threads,
          settings.batch_size,
          settings.batch_timeout_ms,
          settings.idle_timeout_s * 1000,
          live};
}

std::shared_ptr<EngineClient> EngineClient::open(const DsocrEngineApi* api, const ClientOptions& options,
                                                 std::shared_ptr<LoadListener> listener, DsocrError* error) {
  std::shared_ptr<EngineClient> client(new EngineClient(api, options, listener));
  DsocrOpenOptions open_options{};
  open_options.struct_size = sizeof open_options;
  open_options.model_path = client->options_.model_path.c_str();
  open_options.device = client->options_.device.empty() ? nullptr : client->options_.device.c_str();
  open_options.precision = options.precision;
  open_options.kv_cache = options.kv_cache;
  open_options.threads = options.threads;
  open_options.live = options.live;
  open_options.batch_size = options.batch_size;
  open_options.batch_timeout_ms = options.batch_timeout_ms;
  open_options.idle_timeout_ms = options.idle_timeout_ms;
  open_options.adapter_path = client->options_.adapter_path.empty() ? nullptr : client->options_.adapter_path.c_str();
  open_options.weight_cache = client->options_.weight_cache.empty() ? nullptr : client->options_.weight_cache.c_str();
  open_options.callbacks = client_callbacks(std::move(listener));
  const DsocrStatus status = api->open(&open_options, &client->handle_, error);
  return status == DSOCR_OK ? client : nullptr;
}

void EngineClient::close() {
  DsocrClient* handle = nullptr;
  {
    const std::lock_guard lock(mutex_);
    handle = std::exchange(handle_, nullptr);
  }
  if (handle != nullptr) api_->close(handle);
}

void EngineClient::wait_unused() const {
  if (api_->wait_unused != nullptr) api_->wait_unused();
}

DsocrStatus EngineClient::submit(std::unique_ptr<Picture> picture, const std::optional<DsocrRect>& area,
                                 const Settings& settings, uint64_t stream, DoneFunction done, uint64_t* request_id,
                                 DsocrError* error) {
  const std::string prompt = effective_prompt(settings);
  DsocrRequest request = request_of(settings, prompt);
  request.image.struct_size = sizeof request.image;
  picture->describe(&request.image);
  request.image_memory = picture->memory();
  if (area) request.image.area = *area;
  request.stream = settings.draft == Draft::kPrevious ? stream : 0;
  const std::lock_guard lock(mutex_);
  if (handle_ == nullptr) {
    error->status = DSOCR_CLOSED;
    std::snprintf(error->message, sizeof error->message, "the engine was closed; set the element to READY again");
    return DSOCR_CLOSED;
  }
  // From here on the engine owns both: it calls the two release functions, also when it refuses the request.
  request.image.release_data = picture.release();
  request.image.release = [](void* data) { delete static_cast<Picture*>(data); };
  auto ended = [done = std::move(done), retries = retries_](Reading reading) {
    done(std::move(reading));
    retries->end();
  };
  request.callbacks = request_callbacks({std::move(ended), prompt, listener_});
  const DsocrStatus status = api_->submit(handle_, &request, request_id, error);
  if (status == DSOCR_OK) retries_->begin();
  return status;
}

void EngineClient::cancel(uint64_t request_id) {
  const std::lock_guard lock(mutex_);
  if (handle_ != nullptr) api_->cancel(handle_, request_id);
}

uint32_t EngineClient::waiting() const {
  DsocrStats stats{};
  stats.struct_size = offsetof(DsocrStats, period_loops);
  const std::lock_guard lock(mutex_);
  if (handle_ != nullptr) api_->get_stats(handle_, &stats);
  return stats.waiting;
}

DsocrStats EngineClient::stats() const {
  DsocrStats stats{};
  stats.struct_size = sizeof stats;
  const std::lock_guard lock(mutex_);
  if (handle_ != nullptr) api_->get_stats(handle_, &stats);
  return stats;
}

}  // namespace deepseekocr::plugin
