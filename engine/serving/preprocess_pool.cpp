// SPDX-License-Identifier: MIT
#include "serving/preprocess_pool.h"

#include <utility>

namespace deepseekocr {

PreprocessPool::~PreprocessPool() {
  drain();
}

void PreprocessPool::start(unsigned thread_count) {
  if (!threads_.empty()) return;
  threads_.reserve(thread_count);
  for (unsigned i = 0; i < thread_count; ++i) threads_.emplace_back([this] { run(); });
}

void PreprocessPool::post(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_one();
}

void PreprocessPool::drain() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void PreprocessPool::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    {
      const std::function<void()> job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      job();
    }
    lock.lock();
  }
}

unsigned preprocess_thread_count() {
  return std::thread::hardware_concurrency() > 2 ? 2 : 1;
}

}  // namespace deepseekocr
