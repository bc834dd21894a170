// SPDX-License-Identifier: MIT
#include "pdfdec/pagetimeline.h"

#include <gtest/gtest.h>

#include <utility>

using pdfdec::PageTimeline;

TEST(PageTimeline, PlacesPages) {
  const PageTimeline timeline(3, 2 * GST_SECOND);
  EXPECT_EQ(timeline.duration(), 6 * GST_SECOND);
  EXPECT_EQ(timeline.start_of(2), 4 * GST_SECOND);
  EXPECT_EQ(timeline.start_of(9), 6 * GST_SECOND);
  EXPECT_EQ(timeline.position_at(0), 0U);
  EXPECT_EQ(timeline.position_at(2 * GST_SECOND - 1), 0U);
  EXPECT_EQ(timeline.position_at(2 * GST_SECOND), 1U);
  EXPECT_EQ(timeline.position_at(G_MAXINT64), 3U);
}

TEST(PageTimeline, SaysWhatATimeCannotHold) {
  EXPECT_TRUE(PageTimeline::fits(2147483647, GST_SECOND));
  EXPECT_FALSE(PageTimeline::fits(2147483647, 10 * GST_SECOND));
  EXPECT_FALSE(PageTimeline::fits(2, G_MAXINT64));
  EXPECT_TRUE(PageTimeline::fits(1, G_MAXINT64));
}

static std::pair<int, int> framerate(GstClockTime page_duration) {
  std::pair<int, int> rate;
  PageTimeline(1, page_duration).framerate(&rate.first, &rate.second);
  return rate;
}

TEST(PageTimeline, FramerateIsInLowestTerms) {
  EXPECT_EQ(framerate(GST_SECOND), std::pair(1, 1));
  EXPECT_EQ(framerate(40 * GST_MSECOND), std::pair(25, 1));
  EXPECT_EQ(framerate(5 * GST_SECOND / 2), std::pair(2, 5));
  EXPECT_EQ(framerate(G_MAXINT64), std::pair(0, 1)) << "does not fit a fraction";
}
