// SPDX-License-Identifier: MIT
#include "deepseekocr/periodic_thread.h"

#include <gtest/gtest.h>

namespace deepseekocr::plugin {
namespace {

TEST(PeriodicThread, CallsAgainAndAgainAndCanBeStartedAnew) {
  std::mutex mutex;
  std::condition_variable changed;
  int calls = 0;
  PeriodicThread thread;
  for (int round = 0; round < 2; ++round) {
    thread.start(std::chrono::milliseconds(1), [&] {
      const std::lock_guard lock(mutex);
      ++calls;
      changed.notify_all();
    });
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return calls >= 3; });
    }
    thread.stop();
    calls = 0;  // no lock: nobody calls any more
  }
}

TEST(PeriodicThread, StopsWithoutHavingWaited) {
  bool called = false;
  {
    PeriodicThread thread;
    thread.start(std::chrono::hours(1), [&] { called = true; });
  }
  EXPECT_FALSE(called);
  PeriodicThread never_started;
  never_started.stop();
}

}  // namespace
}  // namespace deepseekocr::plugin
