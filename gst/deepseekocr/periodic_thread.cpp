// SPDX-License-Identifier: MIT
#include "deepseekocr/periodic_thread.h"

#include <algorithm>
#include <utility>

namespace deepseekocr::plugin {

void PeriodicThread::start(std::chrono::milliseconds interval, std::function<void()> work) {
  stop();
  ending_ = false;
  thread_ = std::thread([this, interval, kept = std::move(work)] { run(interval, kept); });
}

void PeriodicThread::stop() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void PeriodicThread::run(std::chrono::milliseconds interval, const std::function<void()>& work) {
  std::unique_lock lock(mutex_);
  auto next = std::chrono::steady_clock::now() + interval;
  while (!changed_.wait_until(lock, next, [this] { return ending_; })) {
    lock.unlock();
    work();
    next = std::max(next + interval, std::chrono::steady_clock::now());
    lock.lock();
  }
}

}  // namespace deepseekocr::plugin
