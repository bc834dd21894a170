// SPDX-License-Identifier: MIT
// From runs of frames to cues: which frames are read, which text counts, what is one cue.  No element, no engine.
#include <gtest/gtest.h>

#include "deepseekocr/cue_builder.h"
#include "deepseekocr/session.h"
#include "deepseekocr/timing/group_reads.h"
#include "deepseekocr/timing/group_sample.h"
#include "deepseekocr/timing/text_similarity.h"

namespace deepseekocr::plugin {
namespace {

constexpr uint64_t kMs = 1'000'000;

// ------------------------------------------------------------------------------------------------ which frames

std::vector<int> sampled(int frames) {
  GroupSample<int> sample;
  for (int i = 0; i < frames; ++i) {
    if (sample.wants_next())
      sample.keep(i);
    else
      sample.skip();
  }
  std::vector<int> order;
  for (const size_t index : sample.order()) order.push_back(sample.at(index));
  return order;
}

TEST(GroupSample, KeepsAFew) {
  EXPECT_EQ(sampled(1), (std::vector<int>{0}));
  EXPECT_EQ(sampled(2), (std::vector<int>{0, 1}));
  EXPECT_EQ(sampled(3), (std::vector<int>{1, 0, 2}));
  EXPECT_EQ(sampled(4).size(), 4u);
}

TEST(GroupSample, TheMiddleComesFirstThenTheQuarters) {
  for (const int frames : {13, 50, 100, 1000}) {
    const auto order = sampled(frames);
    ASSERT_GE(order.size(), 3u) << frames;
    ASSERT_LE(order.size(), 4u) << frames;
    EXPECT_NEAR(order[0], frames / 2.0, frames / 5.0) << frames;
    EXPECT_LT(order[1], order[0]) << frames;
    EXPECT_GT(order[2], order[0]) << frames;
  }
}

// ------------------------------------------------------------------------------------------------ which text

TEST(GroupReads, OneReadingIsEnough) {
  GroupReads reads({2, 1, 3}, 1);
  EXPECT_EQ(reads.next()->frame, 2u);
  reads.add({"a", 0.5, 0.5});
  EXPECT_FALSE(reads.next());
  EXPECT_TRUE(reads.outcome().agreement);
  EXPECT_TRUE(reads.outcome().single_read);
}

TEST(GroupReads, AnEmptyMiddleIsTriedAgainAtTheQuarters) {
  GroupReads reads({2, 1, 3, 0}, 1);
  reads.add({"", 0, 0});
  EXPECT_EQ(reads.next()->frame, 1u);
  reads.add({"", 0, 0});
  EXPECT_EQ(reads.next()->frame, 3u);
  reads.add({"a", 0.5, 0.5});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().read, 2u);
}

TEST(GroupReads, ThreeEmptyReadingsAreNoText) {
  GroupReads reads({2, 1, 3, 0}, 2);
  for (int i = 0; i < 3; ++i) reads.add({"", 0, 0});
  EXPECT_FALSE(reads.next());
  EXPECT_TRUE(reads.outcome().agreement);
}

TEST(GroupReads, TwoMustAgreeWhereThatIsAskedFor) {
  GroupReads reads({2, 1, 3, 0}, 2);
  reads.add({"a", 0.9, 0.9});
  EXPECT_EQ(reads.next()->frame, 1u);
  reads.add({"b", 0.5, 0.5});
  EXPECT_EQ(reads.next()->frame, 3u);
  reads.add({"b", 0.6, 0.6});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().read, 2u);  // the surer one of those that agree
  EXPECT_TRUE(reads.outcome().agreement);
  EXPECT_FALSE(reads.outcome().single_read);
}

TEST(GroupReads, DisagreementIsSaid) {
  GroupReads reads({1, 0}, 2);
  reads.add({"pier 14", 0.7, 0.7});
  reads.add({"pier 19", 0.8, 0.8});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().read, 1u);
  EXPECT_FALSE(reads.outcome().agreement);
  EXPECT_TRUE(reads.outcome().single_read);
}

TEST(GroupReads, AOneFrameGroupIsASingleRead) {
  GroupReads reads({0}, 2);
  reads.add({"a", 0.9, 0.9});
  EXPECT_FALSE(reads.next());
  EXPECT_TRUE(reads.outcome().agreement);
  EXPECT_TRUE(reads.outcome().single_read);
}

// ------------------------------------------------------------------------------------------------ which cue

TEST(TextSimilarity, CountsEditsWithoutBlanks) {
  EXPECT_EQ(text_similarity("", ""), 1.0);
  EXPECT_EQ(text_similarity("a", ""), 0.0);
  EXPECT_EQ(text_similarity("a b\nc", "abc"), 1.0);
  EXPECT_DOUBLE_EQ(text_similarity("kitten", "sitting"), 1.0 - 3.0 / 7.0);
  EXPECT_EQ(text_similarity(std::string(100000, 'x'), std::string(100000, 'x')), 1.0);
}

TEST(CueBuilder, JoinsEqualNeighbours) {
  CueBuilder cues;
  EXPECT_FALSE(cues.add({"a", 0, 100}));
  EXPECT_FALSE(cues.add({"a", 100, 200}));
  const auto ended = cues.add({"b", 200, 300});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->text, "a");
  EXPECT_EQ(ended->start, 0u);
  EXPECT_EQ(ended->end, 200u);
  const auto last = cues.finish();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->end, 300u);
  EXPECT_FALSE(cues.finish());
}

TEST(CueBuilder, EmptyTextEndsTheCue) {
  CueBuilder cues;
  cues.add({"a", 0, 100 * kMs});
  EXPECT_FALSE(cues.add({"", 100 * kMs, 200 * kMs}));  // it may come again
  const auto ended = cues.add({"", 200 * kMs, 400 * kMs});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end, 100 * kMs);
  EXPECT_FALSE(cues.open());
}

TEST(CueBuilder, DoesNotJoinAcrossALongHole) {
  CueBuilder cues;
  cues.add({"a", 0, 100});
  const uint64_t later = 100 + 250'000'000 + 1;
  const auto ended = cues.add({"a", later, later + 100});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end, 100u);
}

TEST(CueBuilder, EndsAtTheNextTextWhereDurationsAreUnknown) {
  CueBuilder cues;
  cues.add({"a", 0, kNoTime});
  const auto ended = cues.add({"b", 5'000'000'000, kNoTime});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end, 5'000'000'000u);
  EXPECT_EQ(cues.finish()->end, kNoTime);
}

TEST(CueBuilder, JoinsAcrossABridge) {
  CueBuilder cues;
  cues.add({"a", 0, 100 * kMs});
  EXPECT_FALSE(cues.add({"", 100 * kMs, 200 * kMs}));
  EXPECT_FALSE(cues.add({"", 200 * kMs, 350 * kMs}));
  EXPECT_FALSE(cues.add({"a", 350 * kMs, 400 * kMs}));
  EXPECT_EQ(cues.finish()->end, 400 * kMs);
}

TEST(CueBuilder, WithoutABridgeOnlyNeighboursJoin) {
  CueBuilder cues;
  cues.set_bridge(0);
  cues.add({"a", 0, 100});
  EXPECT_FALSE(cues.add({"a", 100, 200}));
  EXPECT_TRUE(cues.add({"", 200, 300}));
  EXPECT_FALSE(cues.add({"a", 300, 400}));
}

TEST(CueBuilder, ADifferentTextBehindABridgeDoesNotStretchTheCue) {
  CueBuilder cues;
  cues.add({"a", 0, 100 * kMs});
  cues.add({"", 100 * kMs, 200 * kMs});
  const auto ended = cues.add({"b", 200 * kMs, 300 * kMs});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->end, 100 * kMs);
}

TEST(CueBuilder, NearlyEqualTextsThatWereReadSharplyAreTwo) {
  CueBuilder cues;
  cues.add({"Meet me at pier 14 at noon.", 0, 100, {}, 0.9, true});
  EXPECT_TRUE(cues.add({"Meet me at pier 19 at noon.", 100, 200, {}, 0.9, true}));
}

TEST(CueBuilder, TwoAttemptsAtOneTextAreOneAndTheBetterOneStays) {
  CueBuilder cues;
  EXPECT_FALSE(cues.add({"Mect me at pier 14 at nocn.", 0, 100, {}, 0.4, false}));
  EXPECT_FALSE(cues.add({"Meet me at pier 14 at noon.", 100, 1000, {}, 0.9, true}));
  EXPECT_FALSE(cues.add({"Meet ne at pier 14 at noon.", 1000, 1100, {}, 0.4, false}));
  const auto cue = cues.finish();
  EXPECT_EQ(cue->text, "Meet me at pier 14 at noon.");
  EXPECT_EQ(cue->start, 0u);
  EXPECT_EQ(cue->end, 1100u);
}

// ------------------------------------------------------------------------------------------------ groups of a session

SlotPtr slot_at(uint64_t number, uint32_t confirm = 1) {
  auto slot = std::make_shared<Slot>();
  slot->frame.number = number;
  slot->frame.stream_time = number * 40 * kMs;
  slot->frame.duration = 40 * kMs;
  Settings settings;
  settings.timing.confirm_reads = confirm;
  slot->settings = std::make_shared<const Settings>(settings);
  return slot;
}

Candidate candidate(uint64_t number) {
  Candidate candidate{slot_at(number)->frame, BufferPtr(gst_buffer_new()), {}, std::nullopt};
  return candidate;
}

Reading reading(const char* text) {
  Reading result;
  result.raw = result.plain = text;
  return result;
}

/// A group of frames `first` to `last`.
SlotPtr add_group(Session& session, uint64_t first, uint64_t last, uint32_t confirm = 1) {
  const SlotPtr slot = slot_at(first, confirm);
  session.begin_group(slot, candidate(first));
  for (uint64_t i = first + 1; i <= last; ++i) session.extend_group(i * 40 * kMs, (i + 1) * 40 * kMs, candidate(i));
  return slot;
}

TEST(Groups, TheMiddleFrameIsReadAndTheTextHasTheTimesOfAll) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 10, 20);
  const auto due = session.decide_group(&stale);
  ASSERT_TRUE(due);
  EXPECT_NEAR(double(due->slot->frame.number), 15.0, 1.0);
  EXPECT_FALSE(session.decide_group(&stale));  // once
  session.close_group();
  EXPECT_FALSE(session.finish(slot, reading("a")));
  const auto item = session.take_text(false, false);
  EXPECT_EQ(item->slot, slot);
  EXPECT_EQ(item->start, 400 * kMs);
  EXPECT_EQ(item->end, 840 * kMs);
  EXPECT_FALSE(item->continuation);
}

TEST(Groups, AnOpenGroupsTextIsKeptUntilItsEndIsKnown) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 0, 3);
  session.decide_group(&stale);
  session.finish(slot, reading("a"));
  session.begin_segment(true, 0);
  session.advance(1);  // something to take instead
  EXPECT_EQ(session.take_text(false, false)->reached, 1u);
  session.extend_group(160 * kMs, 200 * kMs, std::nullopt);
  session.close_group();
  EXPECT_EQ(session.take_text(false, false)->end, 200 * kMs);
}

TEST(Groups, WhoIsEagerGetsTheTextInParts) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 0, 3);
  session.decide_group(&stale);
  session.finish(slot, reading("a"));
  EXPECT_EQ(session.take_text(false, true)->end, 160 * kMs);
  session.extend_group(160 * kMs, 200 * kMs, std::nullopt);
  session.extend_group(200 * kMs, 240 * kMs, std::nullopt);
  const auto more = session.take_text(false, true);
  EXPECT_TRUE(more->continuation);
  EXPECT_EQ(more->slot, slot);
  EXPECT_EQ(more->start, 160 * kMs);
  EXPECT_EQ(more->end, 240 * kMs);
}

TEST(Groups, AnEmptyReadingIsTriedAgain) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 0, 11);
  const uint64_t middle = session.decide_group(&stale)->slot->frame.number;
  session.close_group();
  const auto second = session.finish(slot, reading(""));
  ASSERT_TRUE(second);
  EXPECT_EQ(second->slot, slot);
  EXPECT_LT(slot->frame.number, middle);
  EXPECT_FALSE(session.finish(slot, reading("a")));
  EXPECT_EQ(slot->reading->plain, "a");
  EXPECT_EQ(session.snapshot().counters.rereads, 1u);
  EXPECT_EQ(session.snapshot().in_flight, 0u);
}

TEST(Groups, DisagreementIsMarkedAndCounted) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 0, 1, 2);
  session.decide_group(&stale);
  session.close_group();
  ASSERT_TRUE(session.finish(slot, reading("a")));
  EXPECT_FALSE(session.finish(slot, reading("b")));
  EXPECT_FALSE(slot->reading->agreement);
  EXPECT_EQ(session.snapshot().counters.disagreed, 1u);
}

TEST(Groups, AFailedSecondReadingLeavesTheFirst) {
  Session session;
  uint64_t stale = 0;
  const auto slot = add_group(session, 0, 3, 2);
  session.decide_group(&stale);
  session.finish(slot, reading("a"));
  session.finish(slot, cancelled_reading());
  ASSERT_NE(slot->reading, nullptr);
  EXPECT_EQ(slot->reading->plain, "a");
  EXPECT_TRUE(slot->reading->single_read);
}

TEST(Groups, AreDueWhenHalfOfTheHoldIsTaken) {
  Session session;
  Policy policy;
  policy.exact = true;
  policy.hold_time = 400 * kMs;
  session.configure(policy);
  session.begin_group(slot_at(0), candidate(0));
  EXPECT_FALSE(session.is_group_due(1));
  EXPECT_TRUE(session.is_group_due(policy.hold_bytes / 2));
  for (uint64_t i = 1; i < 5; ++i) session.extend_group(i * 40 * kMs, (i + 1) * 40 * kMs, std::nullopt);
  EXPECT_TRUE(session.is_group_due(1));
  uint64_t stale = 0;
  session.decide_group(&stale);
  EXPECT_FALSE(session.is_group_due(1));
}

TEST(Groups, DoNotReachOverAHoleOrAPage) {
  Session session;
  session.begin_group(slot_at(0), candidate(0));
  FrameInfo frame = slot_at(1)->frame;
  EXPECT_TRUE(session.continues_group(frame));
  frame.page = 2;
  EXPECT_FALSE(session.continues_group(frame));
  EXPECT_FALSE(session.continues_group(slot_at(50)->frame));
}

TEST(Groups, OneThatGetsNoFramesIsDueAfterAWhile) {
  Session session;
  session.begin_group(slot_at(0), candidate(0));
  EXPECT_TRUE(session.take_text(false, false)->stalled);
  uint64_t stale = 0;
  EXPECT_TRUE(session.decide_group(&stale));
}

TEST(Groups, AFlushForgetsTheOpenGroup) {
  Session session;
  const auto slot = add_group(session, 0, 3);
  session.flush_start();
  session.flush_stop();
  uint64_t stale = 0;
  EXPECT_FALSE(session.decide_group(&stale));
  EXPECT_EQ(session.open_group(), nullptr);
  session.extend_group(0, 1, candidate(0));
  EXPECT_EQ(session.snapshot().queued_texts, 0u);
}

}  // namespace
}  // namespace deepseekocr::plugin
