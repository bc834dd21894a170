// SPDX-License-Identifier: MIT
// Runs the callbacks of an engine, in order, away from the engine thread and from every lock.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace deepseekocr {

/// One thread that runs posted functions in the order in which they were posted.  A slow callback delays other
/// callbacks, never the model.  What is posted is bounded by those who post: see Client::pending() and PendingText.
class CallbackThread {
 public:
  CallbackThread() = default;
  ~CallbackThread();
  CallbackThread(const CallbackThread&) = delete;
  CallbackThread& operator=(const CallbackThread&) = delete;

  /// @throws std::system_error if the thread cannot be started
  void start();

  /// Any thread, also from inside a callback; may be called under the engine's lock (this one is a leaf).
  void post(std::function<void()> callback);

  /// Runs what was posted, ends the thread and joins it.  Not from inside a callback.
  void drain();

  /// The process exits: nothing more is run; the caller's objects may be gone already.  What was posted is kept, so
  /// that no destructor runs it.  drain() still joins the thread.
  void abandon();

  /// Whether the calling thread is one of these threads.
  static bool inside_callback();

 private:
  void run();

  // Leaf lock: nothing is locked while it is held.
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool ending_ = false;
  bool abandoned_ = false;
  std::thread thread_;
};

}  // namespace deepseekocr
