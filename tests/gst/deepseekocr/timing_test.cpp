// SPDX-License-Identifier: MIT
// Rules about time that need no element: slices of a standing text, delays, limits of messages.
#include <gtest/gtest.h>

#include "deepseekocr/timing/delay_monitor.h"
#include "deepseekocr/timing/standing_text.h"

namespace deepseekocr::plugin {
namespace {

constexpr uint64_t kMs = 1'000'000;

TEST(MessageLimit, OneInAnInterval) {
  MessageLimit limit(100);
  EXPECT_TRUE(limit.permits(0));
  EXPECT_FALSE(limit.permits(99));
  EXPECT_TRUE(limit.permits(100));
  EXPECT_FALSE(limit.permits(150));
  EXPECT_TRUE(limit.permits(500));
}

TEST(DelayMonitor, KnowsTheLargest) {
  DelayMonitor monitor;
  EXPECT_EQ(monitor.maximum(), 0u);
  EXPECT_TRUE(monitor.observe(10, 0, 0).new_maximum);
  EXPECT_FALSE(monitor.observe(10, 0, 0).new_maximum);
  EXPECT_TRUE(monitor.observe(11, 0, 0).new_maximum);
  EXPECT_EQ(monitor.maximum(), 11u);
}

TEST(DelayMonitor, NothingIsExcessiveWhereNothingWasPromised) {
  DelayMonitor monitor;
  EXPECT_FALSE(monitor.observe(1'000'000'000'000, 0, 0).excessive);
}

TEST(DelayMonitor, WarnsOfANewMaximumAndNotTooOften) {
  DelayMonitor monitor;
  EXPECT_FALSE(monitor.observe(100, 100, 0).excessive);
  EXPECT_TRUE(monitor.observe(101, 100, 0).excessive);
  EXPECT_FALSE(monitor.observe(150, 100, 10).excessive);          // too soon
  EXPECT_TRUE(monitor.observe(120, 100, 2000 * kMs).excessive);   // 150 was not told yet
  EXPECT_FALSE(monitor.observe(150, 100, 4000 * kMs).excessive);  // nothing new
}

TEST(StandingText, IsSentInStepsWithoutAHole) {
  StandingText text;
  text.set_step(500 * kMs);
  const auto first = text.show("a", 0, 40 * kMs, 30 * kMs, 30 * kMs);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->start, 30 * kMs);
  EXPECT_EQ(first->end, 530 * kMs);
  EXPECT_FALSE(first->repeat);
  EXPECT_FALSE(text.extend(530 * kMs, 400 * kMs));
  const auto second = text.extend(530 * kMs, 430 * kMs);  // before the first has ended
  ASSERT_TRUE(second);
  EXPECT_EQ(second->start, 530 * kMs);
  EXPECT_EQ(second->end, 1030 * kMs);
  EXPECT_TRUE(second->repeat);
}

TEST(StandingText, ReadAgainIsNotSentAgain) {
  StandingText text;
  ASSERT_TRUE(text.show("a", 0, 40 * kMs, 0, 0));
  EXPECT_FALSE(text.show("a", 40 * kMs, 40 * kMs, 500 * kMs, 40 * kMs));
}

TEST(StandingText, AChangedTextStartsBehindWhatWasSent) {
  StandingText text;
  ASSERT_TRUE(text.show("a", 0, 40 * kMs, 0, 0));
  const auto changed = text.show("b", 40 * kMs, 40 * kMs, 500 * kMs, 80 * kMs);
  ASSERT_TRUE(changed);
  EXPECT_EQ(changed->start, 500 * kMs);
  EXPECT_EQ(changed->end, 540 * kMs);  // one frame: another may follow
  EXPECT_FALSE(changed->repeat);
}

TEST(StandingText, TextsThatChangeWithEachFrameDoNotRunAway) {
  StandingText text;
  uint64_t position = 0, end = 0;
  for (uint64_t frame = 0; frame < 1000; ++frame) {
    const uint64_t time = frame * 40 * kMs;
    const auto slice = text.show(std::to_string(frame), time, 40 * kMs, position, time);
    ASSERT_TRUE(slice);
    EXPECT_GE(slice->start, end);
    position = end = slice->end;
    while (const auto more = text.extend(position, time)) position = end = more->end;
    EXPECT_LE(position, time + 1100 * kMs);
  }
}

TEST(StandingText, NothingIsRepeatedBehindItsEnd) {
  StandingText text;
  text.show("a", 0, 40 * kMs, 0, 0);
  EXPECT_FALSE(text.show("", 40 * kMs, 40 * kMs, 500 * kMs, 40 * kMs));
  EXPECT_FALSE(text.extend(500 * kMs, 600 * kMs));
  text.show("b", 700 * kMs, 40 * kMs, 700 * kMs, 700 * kMs);
  text.clear();
  EXPECT_FALSE(text.extend(1200 * kMs, 1200 * kMs));
}

}  // namespace
}  // namespace deepseekocr::plugin
