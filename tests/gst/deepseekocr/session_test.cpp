// SPDX-License-Identifier: MIT
// What the element's threads share: order, limits, drops, flushes.  No element, no engine.
#include "deepseekocr/session.h"

#include <gtest/gtest.h>

#include <thread>

namespace deepseekocr::plugin {
namespace {

Submission submission(uint64_t number) {
  Submission result;
  result.slot = std::make_shared<Slot>();
  result.slot->frame.number = number;
  result.slot->settings = std::make_shared<const Settings>();
  return result;
}

Reading reading(const char* text) {
  Reading result;
  result.raw = result.plain = text;
  return result;
}

HeldFrame held(const SlotPtr& slot, uint64_t pts, uint64_t size = 1) {
  HeldFrame frame;
  frame.buffer.reset(gst_buffer_new());
  frame.slot = slot;
  frame.own = true;
  frame.pts = pts;
  frame.size = size;
  frame.arrived = monotonic_now();
  return frame;
}

Policy newest() {
  Policy policy;
  policy.newest = true;
  return policy;
}

TEST(Session, TextsLeaveInFrameOrder) {
  Session session;
  uint64_t stale = 0;
  const auto first = session.admit(submission(0), &stale)->slot;
  const auto second = session.admit(submission(1), &stale)->slot;
  session.finish(second, reading("b"));
  session.finish(first, reading("a"));
  EXPECT_EQ(session.take_text(false)->slot, first);
  EXPECT_EQ(session.take_text(false)->slot, second);
}

TEST(Session, LatestIsTheNewestFrameNotTheLastResult) {
  Session session;
  uint64_t stale = 0;
  const auto first = session.admit(submission(0), &stale)->slot;
  const auto second = session.admit(submission(1), &stale)->slot;
  session.finish(second, reading("b"));
  session.finish(first, reading("a"));
  EXPECT_EQ(session.latest().slot, second);
  EXPECT_FALSE(session.latest().changed);
}

TEST(Session, NewestKeepsOneWaitingAndDropsTheOlder) {
  Session session;
  session.configure(newest());
  uint64_t stale = 0;
  const auto running = session.admit(submission(0), &stale)->slot;
  session.set_request_id(running, 42);
  EXPECT_FALSE(session.admit(submission(1), &stale));
  EXPECT_EQ(stale, 42u);
  EXPECT_FALSE(session.admit(submission(2), &stale));
  const auto next = session.finish(running, reading("0"));
  ASSERT_TRUE(next);
  EXPECT_EQ(next->slot->frame.number, 2u);
  const auto counters = session.snapshot().counters;
  EXPECT_EQ(counters.dropped, 1u);
  EXPECT_EQ(counters.admitted, 3u);
}

TEST(Session, AnOutcomeFromBeforeAFlushIsIgnored) {
  Session session;
  uint64_t stale = 0;
  const auto slot = session.admit(submission(0), &stale)->slot;
  session.flush_start();
  EXPECT_FALSE(session.set_request_id(slot, 1));
  session.flush_stop();
  EXPECT_FALSE(session.finish(slot, reading("old")));
  EXPECT_EQ(session.latest().slot, nullptr);
  EXPECT_EQ(session.snapshot().in_flight, 0u);
}

TEST(Session, TheSecondOutcomeOfASlotIsIgnored) {
  Session session;
  uint64_t stale = 0;
  const auto slot = session.admit(submission(0), &stale)->slot;
  session.finish(slot, reading("a"));
  session.finish(slot, reading("b"));
  EXPECT_EQ(session.latest().reading->plain, "a");
  EXPECT_EQ(session.snapshot().in_flight, 0u);
}

TEST(Session, FlushAndFailureEndEveryWait) {
  for (const bool flush : {true, false}) {
    Session session;
    Policy policy;
    policy.in_flight = 1;
    session.configure(policy);
    uint64_t stale = 0;
    const auto slot = session.admit(submission(0), &stale)->slot;
    ASSERT_TRUE(session.hold(held(slot, 0)));
    std::thread admitting([&] { EXPECT_FALSE(session.wait_to_admit()); });
    std::thread draining([&] { EXPECT_FALSE(session.drain()); });
    std::thread holding([&] { EXPECT_FALSE(session.hold(held(slot, 10 * policy.hold_time))); });
    std::thread waiting([&] { EXPECT_FALSE(session.wait_for_result(session.results())); });
    if (flush)
      session.flush_start();
    else
      session.fail();
    for (std::thread* thread : {&admitting, &draining, &holding, &waiting}) thread->join();
  }
}

TEST(Session, HoldIsLimitedByBytesTimeAndNumber) {
  Session session;
  Policy policy;
  policy.hold_bytes = 10;
  session.configure(policy);
  uint64_t stale = 0;
  const auto slot = session.admit(submission(0), &stale)->slot;
  ASSERT_TRUE(session.hold(held(slot, 0, 100)));  // one may always be held
  std::thread pusher([&] { EXPECT_TRUE(session.hold(held(nullptr, 1, 5))); });
  session.finish(slot, reading("a"));
  Delivery delivery;
  bool stalled = false;
  EXPECT_TRUE(session.take_frame(&delivery, &stalled));
  EXPECT_EQ(delivery.reading->plain, "a");
  session.frame_pushed(GST_FLOW_OK);
  pusher.join();
  EXPECT_EQ(session.snapshot().held_bytes, 5u);
}

TEST(Session, NewestNeverWaitsForRoom) {
  Session session;
  Policy policy = newest();
  policy.exact = true;
  policy.hold_frames = 2;
  session.configure(policy);
  uint64_t stale = 0;
  const auto slot = session.admit(submission(0), &stale)->slot;
  for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(session.hold(held(slot, i)));
  Delivery delivery;
  bool stalled = false;
  EXPECT_TRUE(
      session.take_frame(&delivery, &stalled));  // three are more than two: the oldest leaves without its reading
  EXPECT_EQ(delivery.slot, nullptr);
  EXPECT_EQ(session.snapshot().counters.overdue, 1u);
}

TEST(Session, NeighbouringGapsAreOne) {
  Session session;
  session.queue_gap(0, 10);
  session.queue_gap(10, 20);
  const auto item = session.take_text(false);
  EXPECT_EQ(item->start, 0u);
  EXPECT_EQ(item->end, 20u);
}

TEST(Session, LivePositionsMoveOnWhileAReadingIsOnItsWay) {
  Session session;
  session.configure(newest());
  session.begin_segment(true, 20);
  session.set_latency(30);
  uint64_t stale = 0;
  session.admit(submission(0), &stale);
  session.advance(100);
  EXPECT_EQ(session.take_text(false)->reached, 70u);  // less the latency
  session.tick(115);                                  // less upstream's latency too: behind what frames have told
  session.tick(150);
  EXPECT_EQ(session.take_text(false)->reached, 100u);
}

TEST(Session, TheClockTellsHowFarFramesHaveCome) {
  constexpr uint64_t kMs = 1'000'000;
  Session session;
  session.configure(newest());
  session.begin_segment(true, 33 * kMs);
  EXPECT_TRUE(session.advance(33 * kMs));
  EXPECT_EQ(session.take_text(false)->reached, 33 * kMs);
  EXPECT_FALSE(session.advance(67 * kMs));  // the frames' thread has better to do than to wake another
  EXPECT_FALSE(session.tick(80 * kMs));
  EXPECT_FALSE(session.advance(100 * kMs));
  EXPECT_TRUE(session.tick(130 * kMs));  // itself at 97 ms
  EXPECT_EQ(session.take_text(false)->reached, 100 * kMs);
  EXPECT_TRUE(session.advance(200 * kMs));  // there is no clock
}

TEST(Session, PositionsOfAFileDoNotFollowTheClock) {
  Session session;
  session.begin_segment(false, 0);
  session.tick(1000);
  session.advance(1000);
  session.queue_gap(1, 2);
  EXPECT_EQ(session.take_text(false)->start, 1u);
}

TEST(Session, AnOpenCueIsToldWhenNothingMoreComes) {
  Session session;
  const auto item = session.take_text(true);
  ASSERT_TRUE(item);
  EXPECT_EQ(item->slot, nullptr);
  EXPECT_EQ(item->event, nullptr);
  EXPECT_EQ(item->start, kNoTime);
}

TEST(Flows, ErrorsOfEitherPadAndEndsOfBoth) {
  EXPECT_EQ(combine_flows(GST_FLOW_OK, GST_FLOW_OK), GST_FLOW_OK);
  EXPECT_EQ(combine_flows(GST_FLOW_NOT_LINKED, GST_FLOW_OK), GST_FLOW_OK);
  EXPECT_EQ(combine_flows(GST_FLOW_OK, GST_FLOW_NOT_LINKED), GST_FLOW_OK);
  EXPECT_EQ(combine_flows(GST_FLOW_NOT_LINKED, GST_FLOW_NOT_LINKED), GST_FLOW_NOT_LINKED);
  EXPECT_EQ(combine_flows(GST_FLOW_EOS, GST_FLOW_OK), GST_FLOW_OK);
  EXPECT_EQ(combine_flows(GST_FLOW_EOS, GST_FLOW_NOT_LINKED), GST_FLOW_EOS);
  EXPECT_EQ(combine_flows(GST_FLOW_OK, GST_FLOW_ERROR), GST_FLOW_ERROR);
  EXPECT_EQ(combine_flows(GST_FLOW_FLUSHING, GST_FLOW_OK), GST_FLOW_FLUSHING);
  EXPECT_EQ(combine_flows(GST_FLOW_EOS, GST_FLOW_NOT_NEGOTIATED), GST_FLOW_NOT_NEGOTIATED);
}

}  // namespace
}  // namespace deepseekocr::plugin
