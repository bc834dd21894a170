// SPDX-License-Identifier: MIT
// Whether writing changes, over grounds that stand still, move, and are cut.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "deepseekocr/timing/group_tracker.h"
#include "deepseekocr/timing/text_tracker.h"
#include "gate_picture.h"

namespace deepseekocr::test {
namespace {

using plugin::Decision;
using plugin::GroupTracker;
using plugin::TextTracker;

constexpr int kWidth = 480, kHeight = 96;

using Ground = std::function<double(int x, int y, int frame)>;

double still(int x, int y, int) {
  return 90 + 30 * std::sin(x * 0.02) + 10 * std::cos(y * 0.05);
}

/// Blobs as wide as strokes that walk to the left.
double moving(int x, int y, int frame) {
  return 110 + 45 * std::sin((x + 3 * frame) * 0.3) * std::sin(y * 0.27 + 0.05 * frame);
}

/// `text` over black and over light grey, from which it follows over any ground: drawing is slow.
struct Writing {
  explicit Writing(const std::string& text) : on_black(kWidth, kHeight, 0), on_grey(kWidth, kHeight, 200) {
    for (Picture* picture : {&on_black, &on_grey}) picture->write_outlined(text, 60, 30, 36, 250, 10, 2);
  }
  double over(double ground, int x, int y) const {
    return on_black.at(x, y) + (on_grey.at(x, y) - on_black.at(x, y)) * ground / 200;
  }
  Picture on_black, on_grey;
};

/// Writing `text`, `opacity` 0 to 1, over a ground.
Picture picture(const Ground& ground, int frame, const std::string& text, double opacity = 1) {
  static std::map<std::string, Writing> writings;
  const Writing* writing = text.empty() ? nullptr : &writings.try_emplace(text, text).first->second;
  return Picture(kWidth, kHeight, 0).paint([&](int x, int y) {
    const double under = ground(x, y, frame);
    return writing == nullptr ? under : (1 - opacity) * under + opacity * writing->over(under, x, y);
  });
}

/// The frames in which the writing of `count` frames is said to have changed.
std::vector<int> changes(int count, const std::function<Picture(int frame)>& frame) {
  TextTracker tracker;
  std::vector<int> found;
  for (int i = 0; i < count; ++i) {
    if (const auto ago = tracker.changed(frame(i).view())) found.push_back(i - static_cast<int>(*ago));
  }
  return found;
}

TEST(TextTracker, NothingChangesWhereNothingDoes) {
  for (const Ground& ground : {Ground(still), Ground(moving)}) {
    EXPECT_TRUE(changes(60, [&](int i) { return picture(ground, i, "PIER 14 AT NOON"); }).empty());
    EXPECT_TRUE(changes(60, [&](int i) { return picture(ground, i, ""); }).empty());
  }
}

TEST(TextTracker, FindsTheVeryFrameOfAnotherText) {
  for (const Ground& ground : {Ground(still), Ground(moving)}) {
    const auto found =
        changes(60, [&](int i) { return picture(ground, i, i < 30 ? "PIER 14 AT NOON" : "WHICH SIGNAL"); });
    EXPECT_EQ(found, (std::vector<int>{30}));
  }
}

TEST(TextTracker, FindsTheVeryFrameInWhichTextComesAndGoes) {
  const auto found = changes(90, [&](int i) { return picture(moving, i, i < 30 || i >= 60 ? "" : "PIER 14 AT NOON"); });
  EXPECT_EQ(found, (std::vector<int>{30, 60}));
}

TEST(TextTracker, FindsOneOtherCharacter) {
  const auto found =
      changes(40, [&](int i) { return picture(still, i, i < 20 ? "PIER 14 AT NOON" : "PIER 19 AT NOON"); });
  EXPECT_EQ(found, (std::vector<int>{20}));
}

TEST(TextTracker, AnotherGroundBehindTheSameTextIsNoChange) {
  const auto found = changes(60, [&](int i) {
    const Ground ground = i < 30 ? Ground([](int x, int y, int) { return 60.0 + (x + y) % 7; }) : Ground(moving);
    return picture(ground, i, "PIER 14 AT NOON");
  });
  EXPECT_TRUE(found.empty()) << found.front();
}

TEST(TextTracker, AJerkOfTheGroundIsNoText) {
  const auto found = changes(60, [&](int i) { return picture(moving, i + i / 5, "PIER 14 AT NOON"); });
  EXPECT_TRUE(found.empty()) << found.front();
}

TEST(TextTracker, AFadeOverStillGroundIsOneText) {
  const auto found =
      changes(40, [&](int i) { return picture(still, i, "PIER 14 AT NOON", std::min(1.0, (i + 1) / 8.0)); });
  EXPECT_TRUE(found.empty()) << found.front();
}

TEST(TextTracker, AFadeOverMovingGroundIsFoundLaterWithItsBeginning) {
  const auto found = changes(
      90, [&](int i) { return picture(moving, i, i < 50 ? "" : "PIER 14 AT NOON", std::min(1.0, (i - 49) / 10.0)); });
  ASSERT_EQ(found.size(), 1u);
  EXPECT_NEAR(found[0], 50, 3);
}

TEST(TextTracker, NothingIsKnownBehindAReset) {
  TextTracker tracker;
  for (int i = 0; i < 10; ++i) tracker.changed(picture(still, i, "PIER 14").view());
  tracker.reset();
  EXPECT_FALSE(tracker.changed(picture(still, 10, "SIGNAL").view()));
}

TEST(TextTracker, TakesPicturesOfAnySize) {
  TextTracker tracker;
  for (const auto& [width, height] : {std::pair{16, 16}, {17, 31}, {640, 17}, {16, 400}, {33, 33}})
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(tracker.changed(Picture(width, height, 100).view()));
}

TEST(GroupTracker, TheGateErrsTowardsReadingAndTheWritingDecides) {
  GroupTracker tracker;
  for (uint64_t i = 0; i < 20; ++i) {
    const auto place = tracker.place(Decision::kRead, picture(moving, int(i), "PIER 14").view(), i);
    EXPECT_EQ(place.decision, i == 0 ? Decision::kRead : Decision::kUnchanged) << i;
  }
  const auto place = tracker.place(Decision::kRead, picture(moving, 20, "WHICH SIGNAL").view(), 20);
  EXPECT_EQ(place.decision, Decision::kRead);
  EXPECT_EQ(place.since, plugin::kNoTime);
}

TEST(GroupTracker, BetweenFramesFarApartTheGateDecides) {
  constexpr uint64_t kStep = GroupTracker::kLongestStep;
  GroupTracker tracker;
  const auto decide = [&](Decision decision, uint64_t time) {
    return tracker.place(decision, picture(moving, 0, "PIER 14").view(), time).decision;
  };
  EXPECT_EQ(decide(Decision::kRead, 0), Decision::kRead);
  EXPECT_EQ(decide(Decision::kRead, kStep), Decision::kUnchanged) << "near";
  EXPECT_EQ(decide(Decision::kRead, 2 * kStep + 1), Decision::kRead) << "far";
  EXPECT_EQ(decide(Decision::kUnchanged, 4 * kStep), Decision::kUnchanged) << "far";
  EXPECT_EQ(decide(Decision::kRead, 3 * kStep), Decision::kRead) << "back in time";
  EXPECT_EQ(decide(Decision::kRead, plugin::kNoTime), Decision::kRead) << "at an unknown time";
  EXPECT_EQ(decide(Decision::kRead, 4 * kStep), Decision::kRead) << "behind an unknown time";
}

TEST(GroupTracker, WhatMovedBeforeAGapSaysNothing) {
  GroupTracker tracker;
  for (uint64_t i = 0; i < 20; ++i) tracker.place(Decision::kRead, picture(moving, int(i), "PIER 14").view(), i);
  const uint64_t later = 10 * GroupTracker::kLongestStep;
  const auto place = tracker.place(Decision::kRead, picture(moving, 90, "WHICH SIGNAL").view(), later);
  EXPECT_EQ(place.decision, Decision::kRead);
  EXPECT_EQ(place.since, plugin::kNoTime);
}

TEST(GroupTracker, ABlankFrameEndsTheRun) {
  GroupTracker tracker;
  tracker.place(Decision::kRead, picture(still, 0, "PIER 14").view(), 0);
  EXPECT_EQ(tracker.place(Decision::kBlank, picture(still, 1, "").view(), 1).decision, Decision::kBlank);
  EXPECT_EQ(tracker.place(Decision::kUnchanged, picture(still, 2, "PIER 14").view(), 2).decision, Decision::kRead);
}

TEST(GroupTracker, AFadeBeganEarlier) {
  GroupTracker tracker;
  uint64_t since = plugin::kNoTime;
  for (uint64_t i = 0; i < 90 && since == plugin::kNoTime; ++i) {
    const double opacity = std::min(1.0, (double(i) - 49) / 10.0);
    since =
        tracker
            .place(Decision::kRead, picture(moving, int(i), i < 50 ? "" : "PIER 14 AT NOON", opacity).view(), 1000 + i)
            .since;
  }
  EXPECT_NEAR(double(since), 1050, 3);
}

}  // namespace
}  // namespace deepseekocr::test
