// SPDX-License-Identifier: MIT
// One user of a model: how it wants to be served, whom to call back, and its counters.
#pragma once

#include <deepseekocr/engine.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "serving/draft.h"
#include "serving/generation.h"
#include "serving/scheduler.h"
#include "serving/timing_window.h"

namespace deepseekocr {

/// The engine's side of a DsocrClient.  Everything below "state" belongs to the engine's lock.
struct Client {
  Client(uint64_t client_id, const ClientPolicy& client_policy, size_t pending_limit,
         const DsocrClientCallbacks& client_callbacks)
      : id(client_id), policy(client_policy), max_pending(pending_limit), callbacks(client_callbacks) {}

  const uint64_t id;
  const ClientPolicy policy;
  const size_t max_pending;
  const DsocrClientCallbacks callbacks;

  // State.
  bool closed = false;
  size_t waiting = 0;     ///< requests not started
  size_t running = 0;     ///< requests started and not ended
  size_t unreported = 0;  ///< requests ended whose done() has not been called
  uint64_t submitted = 0;
  uint64_t finished = 0;  ///< ended with text: stop, length, repetition, timeout
  uint64_t cancelled = 0;
  uint64_t failed = 0;
  uint64_t tokens = 0;
  uint64_t steps = 0;
  uint64_t step_sequences = 0;  ///< sum over steps of the sequences in them
  uint64_t step_tokens = 0;     ///< generated in those steps, by this client
  std::chrono::nanoseconds step_time{0};
  uint64_t period_loops = 0;
  uint64_t advancing_loops = 0;
  uint64_t ngram_bans = 0;
  uint64_t draft_tokens = 0;
  uint64_t draft_accepted = 0;
  AnswerMemory answers;
  TimingWindow timings;  ///< of requests that ended with text

  /// What max_pending bounds: a client that does not take its results cannot pile up new ones.
  size_t pending() const { return waiting + unreported; }
  /// A request ended.
  void count_outcome(DsocrFinishReason reason, const DsocrTimings& timings, LoopKind loop);
  /// The counters, without percentiles.
  DsocrStats stats() const;
};

/// Fills the percentiles in; on a copy, outside of the engine's lock.
void add_percentiles(const TimingWindow& timings, DsocrStats& stats);

}  // namespace deepseekocr
