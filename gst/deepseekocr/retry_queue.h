// SPDX-License-Identifier: MIT
// Requests on their way to the engine, and what waits for one of them to end because the engine's queue was full.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace deepseekocr::plugin {

/// Thread-safe.
class RetryQueue {
 public:
  using Retry = std::function<void()>;

  /// The engine has taken a request.  It may have ended already.
  void begin() {
    const std::lock_guard lock(mutex_);
    ++under_way_;
  }

  /// It has ended: calls everything that waits, without any lock held.
  void end() {
    std::vector<Retry> due;
    {
      const std::lock_guard lock(mutex_);
      --under_way_;
      due.swap(waiting_);
    }
    for (const Retry& retry : due) retry();
  }

  /// @return true: `retry` will be called when a request ends; false: none is on its way, try again at once
  bool wait(Retry retry) {
    const std::lock_guard lock(mutex_);
    if (under_way_ <= 0) return false;
    waiting_.push_back(std::move(retry));
    return true;
  }

 private:
  std::mutex mutex_;
  ptrdiff_t under_way_ = 0;
  std::vector<Retry> waiting_;
};

}  // namespace deepseekocr::plugin
