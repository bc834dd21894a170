// SPDX-License-Identifier: MIT
// One model in memory, the threads that serve it, and the clients that share it.
#pragma once

#include <deepseekocr/engine.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "serving/callback_thread.h"
#include "serving/client.h"
#include "serving/loaded_model.h"
#include "serving/preprocess_pool.h"
#include "serving/request.h"
#include "serving/scheduler.h"
#include "serving/step_executor.h"

namespace deepseekocr {

/// What decides whether clients share an engine.
struct ModelKey {
  std::string path;     ///< canonical
  std::string adapter;  ///< canonical; empty: none
  std::string device;   ///< "auto", "cpu", "cuda:N"
  DsocrPrecision precision = DSOCR_PRECISION_AUTO;
  int threads = 0;
  DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO;
  std::string weight_cache;  ///< absolute; empty: none.  How a model is loaded, not which one: it is not compared

  bool operator<(const ModelKey& other) const {
    return std::tie(path, adapter, device, precision, threads, kv_cache) <
           std::tie(other.path, other.adapter, other.device, other.precision, other.threads, other.kv_cache);
  }
};

/// Threads of an engine:
///  - the engine thread loads the model, carries the scheduler's turns out and unloads the model: the only one that
///    touches the runner, its sequences and its features;
///  - preprocessing threads turn pixels into views (prepare());
///  - the callback thread runs every callback, in order, without a lock.
/// The engine thread starts with the first client.  It ends when the last client has gone; then attach() answers
/// `ended` and the registry makes a new engine, whose thread waits for this one, so that two copies of the weights are
/// never in memory together.  In between, where its clients allow it (ClientPolicy::idle_timeout), it unloads the model
/// while there is nothing to do, and loads it again for the next request or client.
///
/// Lifetime: the registry keeps an engine until finished() and join().
class Engine {
 public:
  enum class Attach { attached, failed, ended };

  /// @param predecessor an engine of the same key that is about to end, or nullptr
  Engine(ModelKey key, std::shared_ptr<Engine> predecessor);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts the threads.  @throws EngineError if the system gives none.
  void start();

  /// Adds a client.  Any thread, as are all functions below; none of them waits for the model.
  Attach attach(const std::shared_ptr<Client>& client);
  /// Cancels the client's requests; its release() comes when they have ended.
  void detach(const std::shared_ptr<Client>& client);
  /// Queues a request of an attached client.
  /// @throws EngineError with DSOCR_BUSY, or DSOCR_CLOSED if the model failed to load
  void submit(const std::shared_ptr<Request>& request);
  /// Ends one request of the client, or all (request_id 0) and forgets what its streams were answered.
  void cancel(Client& client, uint64_t request_id);
  DsocrStats stats(const Client& client, bool with_percentiles);

  /// Whether the threads have nothing left to do but to return.
  bool finished();
  /// Waits for the engine thread, which joins the others.
  void join();
  /// Waits until the threads have ended or there is a client.
  void wait_while_unused();
  /// The process exits: ends the threads at the next token or layer, calls nobody back.
  void shut_down();

 private:
  enum class State { loading, ready, unloaded, failed, ended };

  // Engine thread.
  void run();
  bool load();
  bool serve();
  void unload();
  bool wait_for_work();
  void wait_for_detachment();
  void carry_out(const Scheduler::Turn& turn, StepExecutor& executor);
  void retire(Request& request);
  void deliver_text(Request& request, const std::string& piece);
  std::vector<std::shared_ptr<Request>> requests_of(const Scheduler::Turn& turn);
  void drop_sequences();
  void report_progress(int percent, const std::string& what);
  void became_ready(std::shared_ptr<const ModelDescription> description);
  void became_failed(const DsocrError& error);

  // Under mutex_.
  bool all_gone() const { return attached_.empty() && requests_.empty(); }
  std::optional<Scheduler::Time> unload_at() const;
  void start_preparing();
  void count_work(const std::vector<std::shared_ptr<Request>>& requests);
  void count_step(const std::vector<Request*>& decoded, std::chrono::nanoseconds time);
  void cancel_request(Request& request);
  void finish(std::shared_ptr<Request> request);
  void release_if_gone(const std::shared_ptr<Client>& client);
  void post_ready(const std::shared_ptr<Client>& client);

  // Preprocessing threads.
  void prepare_request(const std::shared_ptr<Request>& request);

  // Callback thread.
  void call_done(Request& request);
  bool is_closed(const Client& client);

  const ModelKey key_;
  CancelFlag cancel_load_{false};
  LoadedModel model_;        // engine thread; see LoadedModel for what others may read
  DsocrError load_error_{};  // set before State::failed, constant after

  // Guards everything below it and the state of clients.  Locked after the registry's lock, before those of the
  // callback thread and the pool.  Never held while a callback, the model or a destructor of a picture runs.
  std::mutex mutex_;
  std::condition_variable changed_;  // for the engine thread
  std::condition_variable settled_;  // for wait_while_unused()
  State state_ = State::loading;
  bool shutting_down_ = false;
  bool finished_ = false;
  std::shared_ptr<const ModelDescription> description_;  // set while State::ready
  int percent_ = -1;                                     // last reported progress, -1: none of this loading
  std::string activity_;
  uint64_t loads_ = 0;
  bool newcomer_ = false;          // a client came while the model was unloaded
  Scheduler::Time last_activity_;  // when the last request ended or the last client came
  std::vector<std::shared_ptr<Client>> attached_;
  Scheduler scheduler_;
  std::map<uint64_t, std::shared_ptr<Request>> requests_;  // all that have not ended

  std::mutex join_mutex_;                // serialises join(); nothing is locked under it
  std::shared_ptr<Engine> predecessor_;  // engine thread
  PreprocessPool pool_;
  CallbackThread callbacks_;
  std::thread thread_;
};

}  // namespace deepseekocr
