// SPDX-License-Identifier: MIT
// A thread that does something at regular times.  No GStreamer here.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace deepseekocr::plugin {

/// start() and stop() are called by one thread at a time (state changes).  There is no thread in between stop() and
/// start(), so an element without stats-interval has none.
class PeriodicThread {
 public:
  PeriodicThread() = default;
  ~PeriodicThread() { stop(); }
  PeriodicThread(const PeriodicThread&) = delete;
  PeriodicThread& operator=(const PeriodicThread&) = delete;

  /// Calls `work` every `interval` (more than 0), without any lock held, the first time after one interval.  A call
  /// that takes longer than that skips the times that it missed.
  /// @throws std::system_error where the system gives no thread
  void start(std::chrono::milliseconds interval, std::function<void()> work);
  /// Ends the thread; waits for a call that is under way.  Not from inside `work`.
  void stop();

 private:
  void run(std::chrono::milliseconds interval, const std::function<void()>& work);

  std::mutex mutex_;  // leaf lock
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace deepseekocr::plugin
