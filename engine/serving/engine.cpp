// SPDX-License-Identifier: MIT
#include "serving/engine.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "checkpoint/error.h"
#include "serving/error_boundary.h"
#include "serving/preparation.h"
#include "serving/result_builder.h"

namespace deepseekocr {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t nanoseconds(Clock::duration duration) {
  return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count());
}

bool is_answer(DsocrFinishReason reason) {
  return reason != DSOCR_FINISH_CANCELLED && reason != DSOCR_FINISH_ERROR;
}

}  // namespace

Engine::Engine(ModelKey key, std::shared_ptr<Engine> predecessor)
    : key_(std::move(key)), predecessor_(std::move(predecessor)) {}

Engine::~Engine() {
  join();
}

void Engine::start() {
  try {
    callbacks_.start();
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    callbacks_.drain();
    throw EngineError(DSOCR_OUT_OF_MEMORY,
                      std::string("The system gave the engine no thread (") + error.what() + "): end other programs.");
  }
}

// ------------------------------------------------------------------------------------------------ clients, any thread

Engine::Attach Engine::attach(const std::shared_ptr<Client>& client) {
  const std::lock_guard lock(mutex_);
  if (state_ == State::failed) return Attach::failed;
  if (state_ == State::ended || shutting_down_) return Attach::ended;
  attached_.push_back(client);
  settled_.notify_all();
  scheduler_.add_client(client->id, client->policy);
  cancel_load_ = false;
  newcomer_ = true;
  last_activity_ = Clock::now();
  if (state_ == State::ready) {
    post_ready(client);
  } else if (percent_ >= 0 && client->callbacks.progress != nullptr) {
    callbacks_.post([this, client, percent = percent_, what = activity_] {
      if (!is_closed(*client)) client->callbacks.progress(client->callbacks.user_data, percent, what.c_str());
    });
  }
  changed_.notify_one();
  return Attach::attached;
}

void Engine::detach(const std::shared_ptr<Client>& client) {
  const std::lock_guard lock(mutex_);
  client->closed = true;
  std::erase(attached_, client);
  std::vector<std::shared_ptr<Request>> own;
  for (const auto& [id, request] : requests_) {
    if (request->client == client) own.push_back(request);
  }
  for (const std::shared_ptr<Request>& request : own) cancel_request(*request);
  scheduler_.remove_client(client->id);
  if (own.empty()) release_if_gone(client);
  if (attached_.empty()) cancel_load_ = true;
  changed_.notify_one();
}

void Engine::submit(const std::shared_ptr<Request>& request) {
  const std::lock_guard lock(mutex_);
  Client& client = *request->client;
  if (state_ == State::failed) throw EngineError(DSOCR_CLOSED, load_error_.message);
  if (shutting_down_) throw EngineError(DSOCR_CLOSED, "The engine was shut down because the process exits.");
  if (client.pending() >= client.max_pending) {
    throw EngineError(DSOCR_BUSY, "All " + std::to_string(client.max_pending) +
                                      " places of max_pending are taken: submit again after a result.");
  }
  request->submitted = Clock::now();
  request->started = request->submitted;
  requests_.emplace(request->id, request);
  scheduler_.add(client.id, request->id, request->submitted);
  ++client.waiting;
  ++client.submitted;
  changed_.notify_one();
}

void Engine::cancel(Client& client, uint64_t request_id) {
  const std::lock_guard lock(mutex_);
  if (request_id == 0) client.answers.clear();
  std::vector<std::shared_ptr<Request>> chosen;
  for (const auto& [id, request] : requests_) {
    if (request->client.get() == &client && (request_id == 0 || request_id == id)) chosen.push_back(request);
  }
  for (const std::shared_ptr<Request>& request : chosen) cancel_request(*request);
  changed_.notify_one();
}

DsocrStats Engine::stats(const Client& client, bool with_percentiles) {
  std::unique_lock lock(mutex_);
  DsocrStats stats = client.stats();
  stats.model_loads = loads_;
  stats.model_loaded = state_ == State::ready ? 1 : 0;
  if (!with_percentiles) return stats;
  const TimingWindow timings = client.timings;
  lock.unlock();
  add_percentiles(timings, stats);
  return stats;
}

bool Engine::finished() {
  const std::lock_guard lock(mutex_);
  return finished_;
}

void Engine::join() {
  const std::lock_guard lock(join_mutex_);
  if (thread_.joinable()) thread_.join();
}

void Engine::wait_while_unused() {
  {
    std::unique_lock lock(mutex_);
    settled_.wait(lock, [this] { return finished_ || !attached_.empty(); });
    if (!finished_) return;
  }
  join();
}

void Engine::shut_down() {
  callbacks_.abandon();
  const std::lock_guard lock(mutex_);
  shutting_down_ = true;
  cancel_load_ = true;
  for (const auto& [id, request] : requests_) request->cancelled = true;
  changed_.notify_one();
}

// ------------------------------------------------------------------------------------------------ requests, under
// mutex_

// Requests that nobody works on end at once; the thread that works on another sees the flag.
void Engine::cancel_request(Request& request) {
  request.cancelled = true;
  const std::optional<Scheduler::Stage> stage = scheduler_.stage(request.id);
  if (stage != Scheduler::Stage::waiting && stage != Scheduler::Stage::prepared) return;
  request.end(DSOCR_FINISH_CANCELLED);
  finish(requests_.at(request.id));
}

void Engine::finish(std::shared_ptr<Request> request) {
  const std::shared_ptr<Client> client = request->client;
  if (scheduler_.stage(request->id) == Scheduler::Stage::waiting) {
    --client->waiting;
  } else {
    --client->running;
  }
  ++client->unreported;
  last_activity_ = Clock::now();
  request->timings.total = nanoseconds(last_activity_ - request->submitted);
  client->count_outcome(request->outcome->reason, request->timings, request->generation.loop());
  const bool answered = is_answer(request->outcome->reason) && !request->cancelled;
  if (request->spec.stream != 0 && answered) client->answers.keep(request->spec.stream, request->generation.ids());
  scheduler_.remove(request->id);
  requests_.erase(request->id);
  callbacks_.post([this, ended = std::move(request)] { call_done(*ended); });
  release_if_gone(client);
}

// Posted behind the last done(), so it runs after it.
void Engine::release_if_gone(const std::shared_ptr<Client>& client) {
  if (!client->closed || client->waiting + client->running > 0) return;
  callbacks_.post([client] {
    if (client->callbacks.release != nullptr) client->callbacks.release(client->callbacks.user_data);
  });
}

void Engine::start_preparing() {
  for (const uint64_t id : scheduler_.start_preparing()) {
    const std::shared_ptr<Request> request = requests_.at(id);
    --request->client->waiting;
    ++request->client->running;
    request->started = Clock::now();
    request->timings.queued = nanoseconds(request->started - request->submitted);
    pool_.post([this, request] { prepare_request(request); });
  }
}

// ------------------------------------------------------------------------------------------------ preprocessing
// threads

void Engine::prepare_request(const std::shared_ptr<Request>& request) {
  const Clock::time_point start = Clock::now();
  if (request->cancelled) {
    request->end(DSOCR_FINISH_CANCELLED);
  } else {
    try {
      prepare(*request, *model_.runner, model_.tokenizer_or_null());
    } catch (...) {
      request->fail(current_error());
    }
  }
  request->timings.preprocess = nanoseconds(Clock::now() - start);
  const std::lock_guard lock(mutex_);
  scheduler_.set_prepared(request->id);
  if (request->cancelled && !request->outcome) request->end(DSOCR_FINISH_CANCELLED);
  if (request->outcome) finish(request);
  changed_.notify_one();
}

// ------------------------------------------------------------------------------------------------ callback thread

bool Engine::is_closed(const Client& client) {
  const std::lock_guard lock(mutex_);
  return client.closed;
}

void Engine::call_done(Request& request) {
  request.image.reset();
  {
    const std::lock_guard lock(mutex_);
    --request.client->unreported;  // before done(), so that done() may submit the next request
  }
  const DsocrRequestCallbacks& callbacks = request.spec.callbacks;
  if (callbacks.done != nullptr) {
    std::optional<Result> result;
    std::optional<DsocrError> error;
    try {
      result.emplace(request);
    } catch (...) {
      error = current_error();
    }
    const DsocrResult least = error ? failed_result(request, *error) : DsocrResult{};
    callbacks.done(callbacks.user_data, error ? &least : &result->get());
  }
  if (callbacks.release != nullptr) callbacks.release(callbacks.user_data);
}

}  // namespace deepseekocr
