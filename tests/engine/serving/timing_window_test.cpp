// SPDX-License-Identifier: MIT
#include "serving/timing_window.h"

#include <gtest/gtest.h>

namespace deepseekocr {
namespace {

void add_total(TimingWindow& window, uint64_t total) {
  DsocrTimings timings{};
  timings.total = total;
  window.add(timings);
}

TEST(TimingWindow, IsZeroWithoutRequests) {
  const DsocrPercentiles none = TimingWindow().percentiles(&DsocrTimings::total);
  EXPECT_EQ(none.p50, 0U);
  EXPECT_EQ(none.p95, 0U);
}

TEST(TimingWindow, OneRequestIsEveryPercentile) {
  TimingWindow window;
  add_total(window, 42);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p50, 42U);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p95, 42U);
  EXPECT_EQ(window.percentiles(&DsocrTimings::vision).p95, 0U);
}

TEST(TimingWindow, TakesTheNearestRankWhateverTheOrder) {
  TimingWindow window;
  for (uint64_t i = 0; i < 100; ++i) add_total(window, (i * 37) % 100 + 1);  // 1..100 mixed
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p50, 50U);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p95, 95U);
}

TEST(TimingWindow, ForgetsTheOldest) {
  TimingWindow window;
  add_total(window, 1000000);
  for (size_t i = 0; i < TimingWindow::kSize; ++i) add_total(window, 5);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p50, 5U);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p95, 5U);
  for (size_t i = 0; i < TimingWindow::kSize / 2 + 1; ++i) add_total(window, 7);
  EXPECT_EQ(window.percentiles(&DsocrTimings::total).p50, 7U);
}

}  // namespace
}  // namespace deepseekocr
