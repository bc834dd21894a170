// SPDX-License-Identifier: MIT
// Shared work that may fail.
#pragma once

#include <cstdint>
#include <exception>
#include <mutex>

#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

/// Calls work(i) for each i < count, by the whole team.  @throws the first of what `work` throws, after the last call
template <typename Work>
void run_guarded(int64_t count, const Work& work) {
  std::mutex mutex;  // guards failure
  std::exception_ptr failure;
  team().run(count, [&](int64_t i) {
    try {
      work(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace deepseekocr::operations::cpu
