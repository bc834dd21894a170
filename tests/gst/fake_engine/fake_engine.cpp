// SPDX-License-Identifier: MIT
// A scriptable engine behind the same boundary as the real one: one worker thread, requests in order.
#include "fake_engine.h"

#include <sys/stat.h>

#include <algorithm>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

/// A client; shared by its handle, the engine's list and its requests.
struct DsocrClient {
  DsocrClientCallbacks callbacks{};
  std::string model_path;
  bool live = false, closed = false, loaded = false, failed = false;
  uint64_t submitted = 0, finished = 0, cancelled = 0;
};

namespace {

using ClientPtr = std::shared_ptr<DsocrClient>;

struct Request {
  ClientPtr client;
  uint64_t id = 0;
  bool cancelled = false;
  DsocrFakeRequest asked{};
  std::string prompt;
  bool has_prompt = false;
  DsocrRequestCallbacks callbacks{};
};

struct Script {
  DsocrFakeAnswerFunction answer = nullptr;
  void* answer_data = nullptr;
  bool hold_results = false, hold_loading = false;
  uint32_t let_through = 0;
  std::string load_error, open_error, supported_prompt;
  std::string halve_error;
  const char* device = "cpu";
  uint64_t parameters = 3'336'106'240;
  uint32_t queue_limit = 0;
};

void set_error(DsocrError* error, DsocrStatus status, const std::string& sentence) {
  if (error == nullptr) return;
  error->status = status;
  std::snprintf(error->message, sizeof error->message, "%s", sentence.c_str());
}

/// Mean of the first plane inside the area, rounded; packed formats: of their first bytes.
int32_t mean_luma(const DsocrImage& image) {
  const DsocrRect area = image.area.width > 0 ? image.area : DsocrRect{0, 0, image.width, image.height};
  uint64_t sum = 0, count = 0;
  for (int32_t y = area.y; y < area.y + area.height; ++y) {
    const uint8_t* row = image.planes[0] + size_t(y) * image.strides[0];
    for (int32_t x = area.x; x < area.x + area.width; ++x, ++count) sum += row[x];
  }
  return count > 0 ? static_cast<int32_t>((sum + count / 2) / count) : 0;
}

/// As the engine halves pictures whose first plane is brightness.
void halve_plane(const DsocrImage& image, uint8_t* out, int32_t stride) {
  const auto mean = [](int a, int b) { return (a + b + 1) / 2; };
  const DsocrRect& area = image.area;
  for (int32_t y = 0; y < area.height / 2; ++y) {
    const uint8_t* upper = image.planes[0] + size_t(area.y + 2 * y) * image.strides[0] + area.x;
    const uint8_t* lower = upper + image.strides[0];
    for (int32_t x = 0; x < area.width / 2; ++x)
      out[size_t(y) * stride + x] =
          static_cast<uint8_t>(mean(mean(upper[2 * x], lower[2 * x]), mean(upper[2 * x + 1], lower[2 * x + 1])));
  }
}

void default_answer(const DsocrFakeRequest& request, DsocrFakeAnswer* answer) {
  const char* fixed = std::getenv("DEEPSEEKOCR_FAKE_TEXT");
  if (fixed != nullptr) {
    std::snprintf(answer->text, sizeof answer->text, "%s", fixed);
  } else if (request.luma > 0) {
    std::snprintf(answer->text, sizeof answer->text, "%d", request.luma);
  }
}

class FakeEngine {
 public:
  static FakeEngine& instance() {
    static FakeEngine engine;
    return engine;
  }
  ~FakeEngine() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    changed_.notify_all();
    if (worker_.joinable()) worker_.join();
  }

  DsocrStatus open(const DsocrOpenOptions& options, DsocrClient** handle, DsocrError* error);
  void close(DsocrClient* handle);
  DsocrStatus submit(DsocrClient* handle, const DsocrRequest& request, uint64_t* id, DsocrError* error);
  void cancel(DsocrClient* handle, uint64_t id);
  void stats(DsocrClient* handle, DsocrStats* stats);
  DsocrStatus find_device(char* name, size_t size);
  DsocrStatus halve_luma(const DsocrImage& image, DsocrMemory memory, uint8_t* out, int32_t stride, DsocrError* error);

  /// Changes the script and wakes everybody.
  template <typename Function>
  void change(Function&& function) {
    {
      const std::lock_guard lock(mutex_);
      function(script_);
    }
    changed_.notify_all();
  }
  void reset();
  DsocrFakeCounters counters();
  void wait_submitted(uint64_t count);
  void wait_waiting(uint32_t count);
  void load_again();

 private:
  using Lock = std::unique_lock<std::mutex>;
  void run();
  bool load_one(Lock& lock);
  bool release_one(Lock& lock);
  bool answer_one(Lock& lock);
  void finish(Lock& lock, Request request, bool cancelled);
  ClientPtr find(DsocrClient* handle);

  std::mutex mutex_;  // never held while a callback runs
  std::condition_variable changed_;
  std::thread worker_;
  Script script_;
  DsocrFakeCounters counters_{};
  std::vector<ClientPtr> clients_;
  std::deque<Request> requests_;
  uint64_t next_id_ = 1, next_number_ = 0;
  bool ending_ = false;
};

// ------------------------------------------------------------------------------------------------ the boundary

DsocrStatus FakeEngine::open(const DsocrOpenOptions& options, DsocrClient** handle, DsocrError* error) {
  const auto refuse = [&](DsocrStatus status, const std::string& sentence) {
    set_error(error, status, sentence);
    if (options.callbacks.release != nullptr) options.callbacks.release(options.callbacks.user_data);
    return status;
  };
  struct stat info {};
  if (stat(options.model_path, &info) != 0)
    return refuse(DSOCR_NOT_FOUND, std::string(options.model_path) + " does not exist; set model-path to a checkpoint");
  const char* adapter = options.adapter_path != nullptr ? options.adapter_path : "";
  if (*adapter != '\0' && stat(adapter, &info) != 0)
    return refuse(DSOCR_NOT_FOUND, std::string(adapter) + " does not exist; set adapter-path to an adapter");
  Lock lock(mutex_);
  if (!script_.open_error.empty()) {
    const std::string sentence = script_.open_error;
    lock.unlock();
    return refuse(DSOCR_UNSUPPORTED, sentence);
  }
  auto client = std::make_shared<DsocrClient>();
  client->callbacks = options.callbacks;
  client->model_path = options.model_path;
  client->live = options.live != 0;
  clients_.push_back(client);
  ++counters_.opened;
  counters_.live = options.live;
  counters_.batch_size = options.batch_size;
  counters_.kv_cache = options.kv_cache;
  counters_.idle_timeout_ms = options.idle_timeout_ms;
  std::snprintf(counters_.adapter_path, sizeof counters_.adapter_path, "%s", adapter);
  std::snprintf(counters_.weight_cache, sizeof counters_.weight_cache, "%s",
                options.weight_cache != nullptr ? options.weight_cache : "");
  if (!worker_.joinable()) worker_ = std::thread([this] { run(); });
  *handle = client.get();
  changed_.notify_all();
  return DSOCR_OK;
}

ClientPtr FakeEngine::find(DsocrClient* handle) {
  const auto found = std::find_if(clients_.begin(), clients_.end(),
                                  [handle](const ClientPtr& client) { return client.get() == handle; });
  return found != clients_.end() ? *found : nullptr;
}

void FakeEngine::close(DsocrClient* handle) {
  const std::lock_guard lock(mutex_);
  const ClientPtr client = find(handle);
  if (client == nullptr) return;
  client->closed = true;
  ++counters_.closed;
  for (Request& request : requests_)
    if (request.client == client) request.cancelled = true;
  changed_.notify_all();
}

DsocrStatus FakeEngine::submit(DsocrClient* handle, const DsocrRequest& request, uint64_t* id, DsocrError* error) {
  const auto refuse = [&](DsocrStatus status, const char* sentence) {
    set_error(error, status, sentence);
    if (request.image.release != nullptr) request.image.release(request.image.release_data);
    if (request.callbacks.release != nullptr) request.callbacks.release(request.callbacks.user_data);
    return status;
  };
  Lock lock(mutex_);
  const ClientPtr client = find(handle);
  if (client == nullptr || client->closed || client->failed) {
    lock.unlock();
    return refuse(DSOCR_CLOSED, "the client is closed");
  }
  const auto waiting =
      std::count_if(requests_.begin(), requests_.end(), [&](const Request& other) { return other.client == client; });
  if (script_.queue_limit > 0 && waiting >= script_.queue_limit) {
    lock.unlock();
    return refuse(DSOCR_BUSY, "the queue is full");
  }
  Request copy;
  copy.client = client;
  copy.id = *id = next_id_++;
  copy.has_prompt = request.prompt != nullptr;
  copy.prompt = copy.has_prompt ? request.prompt : "";
  copy.asked = {next_number_++,
                0,
                request.image,
                nullptr,
                request.mode,
                request.max_tiles,
                request.max_new_tokens,
                request.no_repeat_ngram_size,
                request.no_repeat_ngram_window,
                request.ngram_whitelist != nullptr ? static_cast<int32_t>(request.ngram_whitelist_count) : -1,
                request.max_time,
                request.stream,
                request.image_memory};
  copy.callbacks = request.callbacks;
  requests_.push_back(std::move(copy));
  ++client->submitted;
  ++counters_.submitted;
  changed_.notify_all();
  return DSOCR_OK;
}

void FakeEngine::cancel(DsocrClient* handle, uint64_t id) {
  const std::lock_guard lock(mutex_);
  for (Request& request : requests_)
    if (request.client.get() == handle && (id == 0 || request.id == id)) request.cancelled = true;
  changed_.notify_all();
}

void FakeEngine::stats(DsocrClient* handle, DsocrStats* stats) {
  const std::lock_guard lock(mutex_);
  const ClientPtr client = find(handle);
  if (client == nullptr) return;
  stats->submitted = client->submitted;
  stats->finished = client->finished;
  stats->cancelled = client->cancelled;
  stats->model_loaded = client->loaded ? 1 : 0;
  stats->tokens_per_second = 12.5;
  stats->period_loops = 1;
  stats->advancing_loops = 2;
  stats->ngram_bans = 3;
  stats->draft_tokens = 4;
  stats->draft_accepted = 5;
  stats->queued = {10, 11};
  stats->preprocess = {20, 21};
  stats->vision = {30, 31};
  stats->prefill = {40, 41};
  stats->decode = {50, 51};
  stats->total = {60, 61};
  // The first of the line counts as running once the model is loaded, as with a batch of one.
  bool first = true;
  for (const Request& request : requests_) {
    const bool running = first && request.client->loaded;
    first = false;
    if (request.client != client) continue;
    if (running)
      ++stats->running;
    else
      ++stats->waiting;
  }
}

DsocrStatus FakeEngine::find_device(char* name, size_t size) {
  const std::lock_guard lock(mutex_);
  std::snprintf(name, size, "%s", script_.device);
  return DSOCR_OK;
}

DsocrStatus FakeEngine::halve_luma(const DsocrImage& image, DsocrMemory memory, uint8_t* out, int32_t stride,
                                   DsocrError* error) {
  {
    const std::lock_guard lock(mutex_);
    if (!script_.halve_error.empty()) {
      set_error(error, DSOCR_UNSUPPORTED, script_.halve_error);
      return DSOCR_UNSUPPORTED;
    }
    if (memory == DSOCR_MEMORY_CUDA) ++counters_.halved;
  }
  halve_plane(image, out, stride);
  return DSOCR_OK;
}

// ------------------------------------------------------------------------------------------------ the worker

void FakeEngine::run() {
  Lock lock(mutex_);
  while (true) {
    // Each step drops the lock while it calls back, so the state is looked at anew after each.
    if (load_one(lock) || answer_one(lock) || release_one(lock)) continue;
    if (ending_) return;
    changed_.wait(lock);
  }
}

bool FakeEngine::load_one(Lock& lock) {
  if (script_.hold_loading) return false;
  const auto found = std::find_if(clients_.begin(), clients_.end(), [](const ClientPtr& client) {
    return !client->closed && !client->loaded && !client->failed;
  });
  if (found == clients_.end()) return false;
  const ClientPtr client = *found;
  const Script script = script_;
  (script.load_error.empty() ? client->loaded : client->failed) = true;
  lock.unlock();
  const DsocrClientCallbacks& callbacks = client->callbacks;
  if (callbacks.progress != nullptr) callbacks.progress(callbacks.user_data, 50, "reading weights");
  if (script.load_error.empty()) {
    const char* prompts[] = {script.supported_prompt.empty() ? nullptr : script.supported_prompt.c_str(), nullptr};
    const DsocrModelInfo info = {sizeof(DsocrModelInfo),
                                 "fake",
                                 script.device,
                                 "fp32",
                                 script.parameters,
                                 4,
                                 8192,
                                 256,
                                 1,
                                 1,
                                 "Free OCR.",
                                 prompts};
    if (callbacks.ready != nullptr) callbacks.ready(callbacks.user_data, &info);
  } else if (callbacks.failed != nullptr) {
    DsocrError error{};
    set_error(&error, DSOCR_INVALID_CHECKPOINT, script.load_error);
    callbacks.failed(callbacks.user_data, &error);
  }
  lock.lock();
  return true;
}

/// Releases a closed client that has no request any more.
bool FakeEngine::release_one(Lock& lock) {
  const auto found = std::find_if(clients_.begin(), clients_.end(), [this](const ClientPtr& client) {
    return client->closed && std::none_of(requests_.begin(), requests_.end(),
                                          [&](const Request& request) { return request.client == client; });
  });
  if (found == clients_.end()) return false;
  const ClientPtr client = *found;
  clients_.erase(found);
  lock.unlock();
  if (client->callbacks.release != nullptr) client->callbacks.release(client->callbacks.user_data);
  lock.lock();
  changed_.notify_all();
  return true;
}

bool FakeEngine::answer_one(Lock& lock) {
  auto found = std::find_if(requests_.begin(), requests_.end(),
                            [](const Request& request) { return request.cancelled || request.client->failed; });
  const bool cancelled = found != requests_.end();
  if (!cancelled) {
    if (script_.hold_results && script_.let_through == 0) return false;
    found =
        std::find_if(requests_.begin(), requests_.end(), [](const Request& request) { return request.client->loaded; });
    if (found == requests_.end()) return false;
    if (script_.hold_results) --script_.let_through;
  }
  Request request = std::move(*found);
  requests_.erase(found);
  finish(lock, std::move(request), cancelled);
  return true;
}

void FakeEngine::finish(Lock& lock, Request request, bool cancelled) {
  const Script script = script_;
  const bool failed = request.client->failed;
  ++(cancelled ? request.client->cancelled : request.client->finished);
  ++(cancelled ? counters_.cancelled : counters_.answered);
  changed_.notify_all();
  lock.unlock();
  DsocrFakeAnswer answer{};
  if (failed) {
    answer.finish_reason = DSOCR_FINISH_ERROR;
    std::snprintf(answer.error, sizeof answer.error, "%s", script.load_error.c_str());
  } else if (cancelled) {
    answer.finish_reason = DSOCR_FINISH_CANCELLED;
  } else {
    request.asked.prompt = request.has_prompt ? request.prompt.c_str() : nullptr;
    request.asked.luma = mean_luma(request.asked.image);
    if (script.answer != nullptr)
      script.answer(script.answer_data, &request.asked, &answer);
    else
      default_answer(request.asked, &answer);
  }
  const DsocrImage& image = request.asked.image;
  if (image.release != nullptr) image.release(image.release_data);
  DsocrError error{};
  set_error(&error, failed ? DSOCR_CLOSED : DSOCR_INTERNAL, answer.error);
  DsocrResult result{};
  result.struct_size = sizeof result;
  result.request_id = request.id;
  result.finish_reason = answer.finish_reason;
  result.error = answer.finish_reason == DSOCR_FINISH_ERROR ? &error : nullptr;
  result.text = result.plain_text = result.markdown = answer.text;
  result.regions = answer.regions;
  result.region_count = answer.region_count;
  result.token_count = std::strlen(answer.text);
  result.confidence_mean = answer.confidence > 0 ? answer.confidence : 0.5F;
  result.confidence_min = answer.confidence_min > 0 ? answer.confidence_min : 0.25F;
  const DsocrLine line{answer.text, result.confidence_mean, result.confidence_min};
  result.lines = &line;
  result.line_count = answer.text[0] != '\0' ? 1 : 0;
  request.callbacks.done(request.callbacks.user_data, &result);
  if (request.callbacks.release != nullptr) request.callbacks.release(request.callbacks.user_data);
  request.client.reset();
  lock.lock();
}

// ------------------------------------------------------------------------------------------------ control

void FakeEngine::reset() {
  {
    const std::lock_guard lock(mutex_);
    script_ = Script();
    counters_ = DsocrFakeCounters{};
    next_number_ = 0;
  }
  changed_.notify_all();
}

DsocrFakeCounters FakeEngine::counters() {
  const std::lock_guard lock(mutex_);
  DsocrFakeCounters counters = counters_;
  counters.waiting = static_cast<uint32_t>(requests_.size());
  return counters;
}

void FakeEngine::wait_submitted(uint64_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return counters_.submitted >= count; });
}

void FakeEngine::wait_waiting(uint32_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return requests_.size() == count; });
}

void FakeEngine::load_again() {
  {
    const std::lock_guard lock(mutex_);
    for (const ClientPtr& client : clients_) client->loaded = false;
  }
  changed_.notify_all();
}

FakeEngine& engine() {
  return FakeEngine::instance();
}

std::string string_of(const char* text) {
  return text != nullptr ? text : "";
}

const DsocrEngineApi kApi = {
    DSOCR_API_VERSION,
    sizeof(DsocrEngineApi),
    "fake",
    [](const DsocrOpenOptions* options, DsocrClient** client, DsocrError* error) {
      return engine().open(*options, client, error);
    },
    [](DsocrClient* client) { engine().close(client); },
    [](DsocrClient* client, const DsocrRequest* request, uint64_t* id, DsocrError* error) {
      return engine().submit(client, *request, id, error);
    },
    [](DsocrClient* client, uint64_t id) { engine().cancel(client, id); },
    [](DsocrClient* client, DsocrStats* stats) { engine().stats(client, stats); },
    nullptr,  // wait_unused: no thread here meets what exit() destroys
    [](const char*, DsocrPrecision, char* name, size_t size, DsocrError*) { return engine().find_device(name, size); },
    [](const DsocrImage* image, DsocrMemory memory, uint8_t* out, int32_t stride, DsocrError* error) {
      return engine().halve_luma(*image, memory, out, stride, error);
    },
};

const DsocrFakeControl kControl = {
    [] { engine().reset(); },
    [](DsocrFakeAnswerFunction answer, void* data) {
      engine().change([=](Script& script) {
        script.answer = answer;
        script.answer_data = data;
      });
    },
    [](int32_t hold) { engine().change([=](Script& script) { script.hold_results = hold != 0; }); },
    [](uint32_t count) { engine().change([=](Script& script) { script.let_through += count; }); },
    [](int32_t hold) { engine().change([=](Script& script) { script.hold_loading = hold != 0; }); },
    [](const char* sentence) { engine().change([=](Script& script) { script.load_error = string_of(sentence); }); },
    [](const char* sentence) { engine().change([=](Script& script) { script.open_error = string_of(sentence); }); },
    [](const char* prompt) { engine().change([=](Script& script) { script.supported_prompt = string_of(prompt); }); },
    [](uint64_t count) { engine().change([=](Script& script) { script.parameters = count; }); },
    [](const char* name) { engine().change([=](Script& script) { script.device = name; }); },
    [](const char* sentence) { engine().change([=](Script& script) { script.halve_error = string_of(sentence); }); },
    [](uint32_t limit) { engine().change([=](Script& script) { script.queue_limit = limit; }); },
    [](DsocrFakeCounters* counters) { *counters = engine().counters(); },
    [](uint64_t count) { engine().wait_submitted(count); },
    [](uint32_t count) { engine().wait_waiting(count); },
    [] { engine().load_again(); },
};

}  // namespace

extern "C" __attribute__((visibility("default"))) const DsocrEngineApi* deepseekocr_engine_api(uint32_t version) {
  return version == DSOCR_API_VERSION ? &kApi : nullptr;
}

extern "C" __attribute__((visibility("default"))) const DsocrFakeControl* deepseekocr_fake_control(void) {
  return &kControl;
}
