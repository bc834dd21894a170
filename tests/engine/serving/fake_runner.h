// SPDX-License-Identifier: MIT
// A scriptable model behind load_model(): answers by prompt, failures on demand, and gates at which it waits until a
// test lets it go on.  No time passes in it but the test's.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "serving/model_runner.h"

namespace deepseekocr::testing {

/// A place in the fake model where it can be held.
class Gate {
 public:
  /// From now on the model waits here.
  void close();
  void open();
  /// Lets `count` arrivals pass and stays closed.
  void let_pass(int count);
  /// Returns when the model has arrived here `count` times since the last reset (passed ones included).
  void wait_for_arrival(int count);
  /// Has a waiting model look at its cancel flags again.
  void wake();
  int arrivals();
  void reset();

  /// Model: waits while closed and `interrupted` is false.
  void pass(const std::function<bool()>& interrupted);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool closed_ = false;
  int passes_ = 0;
  int arrivals_ = 0;
};

/// What the fake model does and saw; one for the process.
class FakeModel {
 public:
  static FakeModel& instance();

  /// Before each test: answers nothing, holds nowhere, fails nowhere.
  void reset();

  Gate loading, encoding, prefilling, decoding;

  /// The answer to prompts whose first id after the image is `key`; end-of-sequence follows.
  void set_answer(int32_t key, std::vector<int32_t> ids);
  /// The model repeats `id` for ever.
  void set_endless_answer(int32_t key, int32_t id);
  /// Thrown by the next call of load_model(), encode(), prefill(), decode().
  void fail_next_load(std::function<void()> thrower);
  void fail_next_encode(std::function<void()> thrower);
  void fail_next_prefill(std::function<void()> thrower);
  void fail_next_decode(std::function<void()> thrower);
  /// Of the sequence of `key` alone, in the next decode() call.
  void fail_next_step_of(int32_t key, std::exception_ptr failure);

  /// Sizes of the batches so far: pages of encode() calls, keys of each decode() call.
  std::vector<size_t> encoded_batches();
  std::vector<std::vector<int32_t>> decoded_batches();
  /// Keys in the order of their prefill.
  std::vector<int32_t> prefilled();
  /// Ids that were banned in decode() calls of `key`.
  std::vector<std::vector<int32_t>> banned(int32_t key);
  /// Drafts of the prefills of `key`, in their order.
  std::vector<std::vector<int32_t>> drafts(int32_t key);

  int loads();
  /// Adapters of the loads so far, in their order; empty: none.
  std::vector<std::string> adapters_loaded();
  /// Folders for packed weights of the loads so far; empty: none.
  std::vector<std::string> weight_caches();
  /// Formats of caches that the loads so far asked for.
  std::vector<DsocrKvCache> caches_loaded();
  int models_alive();
  int most_models_alive();
  void wait_until_unloaded();

  /// Copied by a model when it loads; change it before open().
  ModelConfig config;
  /// What takes pictures in CUDA memory; none: the model refuses them.
  std::unique_ptr<DevicePictures> pictures;
  int max_progress_events = 4;

 private:
  friend class FakeRunner;
  friend class FakeSequence;
  friend std::unique_ptr<ModelRunner> load_fake(const ModelOptions& options, const LoadProgress& progress,
                                                const CancelFlag& cancelled);

  void throw_planned(std::function<void()>& planned);
  int32_t next_id(int32_t key, size_t position, std::span<const int32_t> banned);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int32_t, std::vector<int32_t>> answers_;
  std::map<int32_t, int32_t> endless_;
  std::function<void()> load_failure_, encode_failure_, prefill_failure_, decode_failure_;
  std::map<int32_t, std::exception_ptr> step_failures_;
  std::vector<size_t> encoded_;
  std::vector<std::vector<int32_t>> decoded_;
  std::vector<int32_t> prefilled_;
  std::map<int32_t, std::vector<std::vector<int32_t>>> banned_;
  std::map<int32_t, std::vector<std::vector<int32_t>>> drafts_;
  int loads_ = 0;
  std::vector<std::string> adapters_;  ///< of the loads
  std::vector<std::string> weight_caches_;
  std::vector<DsocrKvCache> kv_caches_;
  int alive_ = 0;
  int most_alive_ = 0;
};

std::unique_ptr<ModelRunner> load_fake(const ModelOptions& options, const LoadProgress& progress,
                                       const CancelFlag& cancelled);

}  // namespace deepseekocr::testing
