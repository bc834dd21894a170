// SPDX-License-Identifier: MIT
#include "kernels/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace deepseekocr::kernels {
namespace {

TEST(Team, DoesEveryPartOnce) {
  for (const int size : {1, 2, 3, 5}) {
    Team team(size);
    EXPECT_EQ(team.size(), size);
    for (const int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<int> done(static_cast<size_t>(count));  // no atomics: two members at one part would be a race
      team.run(count, [&](int64_t i) { ++done[static_cast<size_t>(i)]; });
      for (const int times : done) ASSERT_EQ(times, 1);
    }
  }
}

TEST(Team, WhatOneJobWroteTheNextOneReads) {
  constexpr int64_t kCount = 64;
  Team team(4);
  std::vector<int64_t> values(kCount, 0), next(kCount, 0);
  for (int64_t job = 0; job < 2000; ++job) {
    team.run(kCount, [&](int64_t i) { next[i] = values[kCount - 1 - i] + 1; });
    values.swap(next);
  }
  for (const int64_t value : values) ASSERT_EQ(value, 2000);
}

TEST(Team, HelpersThatSleepAreWoken) {
  Team team(3);
  // A part that waits for another one ends only if two members work at once.
  for (int job = 0; job < 3; ++job) {
    std::atomic<bool> other = false;
    std::atomic<int> waits = 0;
    team.run(2, [&](int64_t i) {
      if (i == 1) {
        other = true;
        other.notify_all();
      } else {
        ++waits;
        other.wait(false);
      }
    });
    EXPECT_EQ(waits, 1);
  }
}

TEST(Team, EndsWithoutWork) {
  for (int i = 0; i < 50; ++i) Team team(4);
}

TEST(Team, TeamsOfSeveralCallersAreApart) {
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller) {
    callers.emplace_back([] {
      Team team(2);
      for (int64_t job = 0; job < 300; ++job) {
        std::atomic<int64_t> sum = 0;
        team.run(10, [&](int64_t i) { sum += i; });
        ASSERT_EQ(sum, 45);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
}

}  // namespace
}  // namespace deepseekocr::kernels
