// SPDX-License-Identifier: MIT
// The engine thread: loading, the scheduler's turns, unloading.
#include <algorithm>
#include <chrono>
#include <set>
#include <utility>

#include "serving/engine.h"
#include "serving/engine_registry.h"
#include "serving/error_boundary.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace deepseekocr {

using Clock = std::chrono::steady_clock;

namespace {

// A model library makes static objects when it first works, and exit() destroys the latest first: have it end the
// engines before those.
void shut_down_before_model_library() {
  static std::once_flag once;
  std::call_once(once, EngineRegistry::shut_down_at_exit);
}

}  // namespace

void Engine::run() {
  if (predecessor_ != nullptr) {
    predecessor_->join();
    predecessor_.reset();
  }
  bool wanted = load();
  while (wanted && serve()) {
    unload();
    wanted = wait_for_work() && load();
  }
  pool_.drain();
  drop_sequences();
  model_ = LoadedModel();
  callbacks_.drain();
  const std::lock_guard lock(mutex_);
  description_.reset();
  finished_ = true;
  settled_.notify_all();
}

// @return whether there is a model to serve
bool Engine::load() {
  while (true) {
    try {
      ModelOptions options{key_.path,    key_.adapter,      key_.device,  key_.precision,
                           key_.threads, key_.weight_cache, key_.kv_cache};
      model_ = LoadedModel::load(
          options, [this](int percent, const std::string& what) { report_progress(percent, what); }, cancel_load_);
      auto description = std::make_shared<ModelDescription>(*model_.runner, options, model_.tokenizer.has_value());
      pool_.start(preprocess_thread_count());
      shut_down_before_model_library();
      became_ready(std::move(description));
      return true;
    } catch (const Cancelled&) {
      // Either everybody has gone, or somebody new came while loading was being cancelled.
      const std::lock_guard lock(mutex_);
      if (all_gone() || shutting_down_) {
        state_ = State::ended;
        return false;
      }
    } catch (...) {
      model_ = LoadedModel();
      became_failed(current_error());
      wait_for_detachment();
      return false;
    }
  }
}

void Engine::wait_for_detachment() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return all_gone() || shutting_down_; });
}

void Engine::report_progress(int percent, const std::string& what) {
  const std::lock_guard lock(mutex_);
  percent = std::clamp(percent, 0, 100);
  // One event for each percent or activity: a runner may report every tensor.
  if (percent == percent_ && what == activity_) return;
  percent_ = percent;
  activity_ = what;
  for (const std::shared_ptr<Client>& client : attached_) {
    if (client->callbacks.progress == nullptr) continue;
    callbacks_.post([this, client, percent, what] {
      if (!is_closed(*client)) client->callbacks.progress(client->callbacks.user_data, percent, what.c_str());
    });
  }
}

void Engine::became_ready(std::shared_ptr<const ModelDescription> description) {
  const std::lock_guard lock(mutex_);
  description_ = std::move(description);
  state_ = State::ready;
  ++loads_;
  last_activity_ = Clock::now();
  for (const std::shared_ptr<Client>& client : attached_) post_ready(client);
}

void Engine::post_ready(const std::shared_ptr<Client>& client) {
  if (client->callbacks.ready == nullptr) return;
  callbacks_.post([this, client, description = description_] {
    if (!is_closed(*client)) client->callbacks.ready(client->callbacks.user_data, &description->info());
  });
}

void Engine::became_failed(const DsocrError& error) {
  const std::lock_guard lock(mutex_);
  load_error_ = error;
  state_ = State::failed;
  for (const std::shared_ptr<Client>& client : attached_) {
    if (client->callbacks.failed == nullptr) continue;
    callbacks_.post([this, client] {
      if (!is_closed(*client)) client->callbacks.failed(client->callbacks.user_data, &load_error_);
    });
  }
  while (!requests_.empty()) {
    const std::shared_ptr<Request> request = requests_.begin()->second;
    request->fail(load_error_);
    finish(request);
  }
}

// @return true: nothing was to be done for so long that the model shall be unloaded; false: everybody has gone.
bool Engine::serve() {
  StepExecutor executor(*model_.runner, model_.tokenizer_or_null(),
                        [this](Request& request, const std::string& piece) { deliver_text(request, piece); });
  std::unique_lock lock(mutex_);
  while (!shutting_down_) {
    if (all_gone()) {
      state_ = State::ended;
      return false;
    }
    start_preparing();
    const Scheduler::Turn turn = scheduler_.next_turn(Clock::now());
    if (turn.action != Scheduler::Turn::Action::idle) {
      lock.unlock();
      carry_out(turn, executor);
      lock.lock();
    } else if (turn.wake_at) {
      changed_.wait_until(lock, *turn.wake_at);
    } else if (const std::optional<Scheduler::Time> deadline = unload_at()) {
      if (Clock::now() >= *deadline) {
        state_ = State::unloaded;
        newcomer_ = false;
        return true;
      }
      changed_.wait_until(lock, *deadline);
    } else {
      changed_.wait(lock);
    }
  }
  return false;
}

// When an idle model is unloaded; nothing: it stays, or it is not idle.
std::optional<Scheduler::Time> Engine::unload_at() const {
  const std::optional<std::chrono::nanoseconds> timeout = scheduler_.idle_timeout();
  if (!timeout || !requests_.empty()) return std::nullopt;
  return last_activity_ + *timeout;
}

// No request is left, so nobody else reads the model.
void Engine::unload() {
  model_ = LoadedModel();
#ifdef __GLIBC__
  malloc_trim(0);  // freed blocks that are smaller than a mapping of their own stay with the process otherwise
#endif
  const std::lock_guard lock(mutex_);
  description_.reset();
  // The folder may hold another model, with other ids, when it is read again.
  for (const std::shared_ptr<Client>& client : attached_) client->answers.clear();
}

// @return whether the model is wanted again
bool Engine::wait_for_work() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !requests_.empty() || newcomer_ || all_gone() || shutting_down_; });
  const bool wanted = !shutting_down_ && !all_gone();
  state_ = wanted ? State::loading : State::ended;
  percent_ = -1;
  return wanted;
}

void Engine::carry_out(const Scheduler::Turn& turn, StepExecutor& executor) {
  const std::vector<std::shared_ptr<Request>> requests = requests_of(turn);
  std::vector<Request*> members;
  members.reserve(requests.size());
  for (const std::shared_ptr<Request>& request : requests) members.push_back(request.get());
  std::vector<Request*> decoded;
  const Clock::time_point start = Clock::now();
  if (turn.action == Scheduler::Turn::Action::admit) {
    executor.admit(members);
  } else {
    decoded = executor.decode(members);
  }
  const Clock::duration time = Clock::now() - start;
  for (Request* request : members) {
    if (request->outcome) retire(*request);
  }
  const std::lock_guard lock(mutex_);
  count_step(decoded, time);
  count_work(requests);
  for (const std::shared_ptr<Request>& request : requests) {
    if (request->outcome) finish(request);
  }
}

std::vector<std::shared_ptr<Request>> Engine::requests_of(const Scheduler::Turn& turn) {
  const std::lock_guard lock(mutex_);
  std::vector<std::shared_ptr<Request>> requests;
  requests.reserve(turn.requests.size());
  for (const uint64_t id : turn.requests) requests.push_back(requests_.at(id));
  if (!turn.may_draft) return requests;
  for (const std::shared_ptr<Request>& request : requests)
    request->draft = request->client->answers.draft(request->spec.stream);
  return requests;
}

// Before count_work(), which takes note of the tokens.
void Engine::count_step(const std::vector<Request*>& decoded, std::chrono::nanoseconds time) {
  std::set<Client*> clients;
  for (const Request* request : decoded) {
    clients.insert(request->client.get());
    request->client->step_tokens += request->generation.generated() - request->counted_tokens;
  }
  for (Client* client : clients) {
    ++client->steps;
    client->step_sequences += decoded.size();
    client->step_time += time;
  }
}

void Engine::count_work(const std::vector<std::shared_ptr<Request>>& requests) {
  for (const std::shared_ptr<Request>& request : requests) {
    Client& client = *request->client;
    client.tokens += request->generation.generated() - request->counted_tokens;
    request->counted_tokens = request->generation.generated();
    client.ngram_bans += std::exchange(request->ngram_bans, 0);
    client.draft_tokens += std::exchange(request->draft_tokens, 0);
    client.draft_accepted += std::exchange(request->draft_accepted, 0);
  }
}

// Gives the model's memory back and ends the text.
void Engine::retire(Request& request) {
  request.sequence.reset();
  request.features.reset();
  request.page.views = PageViews();
  request.generation.finish();
  deliver_text(request, request.generation.take_new_text());
}

void Engine::deliver_text(Request& request, const std::string& piece) {
  const DsocrRequestCallbacks& callbacks = request.spec.callbacks;
  if (callbacks.text == nullptr || !request.pending_text.append(piece)) return;
  callbacks_.post([kept = request.shared_from_this()] {
    const std::string text = kept->pending_text.take();
    const DsocrRequestCallbacks& to = kept->spec.callbacks;
    to.text(to.user_data, kept->id, text.c_str());
  });
}

// Only when the process exits are there requests left; their memory inside the model must go before the model.
void Engine::drop_sequences() {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, request] : requests_) {
    request->sequence.reset();
    request->features.reset();
    request->page.views = PageViews();
  }
}

}  // namespace deepseekocr
