// SPDX-License-Identifier: MIT
// Threads that turn pixels into views, so that the engine thread is free for the model.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace deepseekocr {

/// Runs posted jobs on a fixed number of threads, first come, first served.  The scheduler bounds how many requests
/// are being prepared, so the queue needs no limit of its own.  Jobs must not throw.
class PreprocessPool {
 public:
  PreprocessPool() = default;
  ~PreprocessPool();
  PreprocessPool(const PreprocessPool&) = delete;
  PreprocessPool& operator=(const PreprocessPool&) = delete;

  /// Does nothing where the threads run already.  @throws std::system_error if no thread can be started
  void start(unsigned thread_count);
  /// Any thread.
  void post(std::function<void()> job);
  /// Runs what was posted and joins the threads.
  void drain();

 private:
  void run();

  // Leaf lock: nothing is locked while it is held.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ending_ = false;
  std::vector<std::thread> threads_;
};

/// Threads that suit this machine: two where there are more than two processors, else one.
unsigned preprocess_thread_count();

}  // namespace deepseekocr
