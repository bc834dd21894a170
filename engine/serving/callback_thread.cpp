// SPDX-License-Identifier: MIT
#include "serving/callback_thread.h"

#include <utility>

namespace deepseekocr {
namespace {

thread_local bool is_callback_thread = false;

}  // namespace

CallbackThread::~CallbackThread() {
  drain();
}

void CallbackThread::start() {
  thread_ = std::thread([this] { run(); });
}

void CallbackThread::post(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(callback));
  }
  changed_.notify_one();
}

void CallbackThread::drain() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CallbackThread::abandon() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
  }
  changed_.notify_one();
}

bool CallbackThread::inside_callback() {
  return is_callback_thread;
}

void CallbackThread::run() {
  is_callback_thread = true;
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return abandoned_ || ending_ || !queue_.empty(); });
    if (abandoned_ || queue_.empty()) return;
    {
      const std::function<void()> callback = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      callback();
    }
    lock.lock();
  }
}

}  // namespace deepseekocr
