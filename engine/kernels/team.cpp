// SPDX-License-Identifier: MIT
#include "kernels/team.h"

#ifdef HAVE_X86_KERNELS
#include <immintrin.h>
#endif

namespace deepseekocr::kernels {
namespace {

constexpr uint32_t kOpen = 1, kMember = 2, kNumber = 1U << 16;

/// Looks at what is waited for, some tens of microseconds in all, before a thread sleeps.
constexpr int kLooks = 2000;

void pause_briefly() {
#ifdef HAVE_X86_KERNELS
  _mm_pause();
#endif
}

bool has_members(uint32_t state) {
  return (state & (kNumber - 1)) >= kMember;
}

}  // namespace

Team::Team(int size) {
  for (int i = 1; i < size; ++i) helpers_.emplace_back([this] { help(); });
}

Team::~Team() {
  ending_ = true;
  state_ += kNumber;
  state_.notify_all();
  for (std::thread& helper : helpers_) helper.join();
}

void Team::do_parts(const Job& job) {
  while (true) {
    const int64_t part = next_.fetch_add(1, std::memory_order_relaxed);
    if (part >= job.count) return;
    job.call(job.work, part);
  }
}

void Team::share(const Job& job) {
  if (helpers_.empty() || job.count <= 1) {
    for (int64_t i = 0; i < job.count; ++i) job.call(job.work, i);
    return;
  }
  // Nobody reads these now: the job before was closed, and its members have left.
  job_ = job;
  next_.store(0, std::memory_order_relaxed);
  const uint32_t number = (state_.load(std::memory_order_relaxed) & ~(kNumber - 1)) + kNumber;
  state_.store(number | kOpen, std::memory_order_release);
  state_.notify_all();
  do_parts(job);
  uint32_t state = state_.fetch_and(~kOpen, std::memory_order_acq_rel) & ~kOpen;
  for (int looks = 0; has_members(state); state = state_.load(std::memory_order_acquire)) {
    if (++looks < kLooks) {
      pause_briefly();
    } else {
      state_.wait(state, std::memory_order_acquire);
    }
  }
}

/// @return false: the team ends
bool Team::wait_for_job(uint32_t* seen) {
  for (int looks = 0;; ++looks) {
    uint32_t state = state_.load(std::memory_order_acquire);
    if (ending_) return false;
    if (state / kNumber != *seen && (state & kOpen) != 0) {
      if (!state_.compare_exchange_weak(state, state + kMember, std::memory_order_acq_rel)) continue;
      *seen = state / kNumber;
      return true;
    }
    if (looks < kLooks) {
      pause_briefly();
    } else {
      state_.wait(state, std::memory_order_acquire);
      looks = 0;
    }
  }
}

void Team::help() {
  uint32_t seen = 0;
  while (wait_for_job(&seen)) {
    do_parts(job_);
    state_.fetch_sub(kMember, std::memory_order_acq_rel);
    state_.notify_all();
  }
}

}  // namespace deepseekocr::kernels
