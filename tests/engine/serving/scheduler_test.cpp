// SPDX-License-Identifier: MIT
#include "serving/scheduler.h"

#include <gtest/gtest.h>

namespace deepseekocr {
namespace {

using std::chrono::milliseconds;
using Action = Scheduler::Turn::Action;
using Ids = std::vector<Scheduler::RequestId>;

class SchedulerTest : public ::testing::Test {
 protected:
  void add_client(uint64_t id, bool live, int batch, milliseconds timeout = milliseconds(0)) {
    scheduler.add_client(id, ClientPolicy{live, batch, timeout});
  }
  // Adds a request and prepares everything there is a place for.
  void add(uint64_t client, uint64_t request) {
    scheduler.add(client, request, now);
    prepare();
  }
  void prepare() {
    for (const auto id : scheduler.start_preparing()) scheduler.set_prepared(id);
  }
  Scheduler::Turn turn() { return scheduler.next_turn(now); }

  Scheduler scheduler;
  Scheduler::Time now{};
};

TEST_F(SchedulerTest, IsIdleWithoutRequests) {
  EXPECT_EQ(turn().action, Action::idle);
  EXPECT_FALSE(turn().wake_at);
  EXPECT_TRUE(scheduler.empty());
}

TEST_F(SchedulerTest, AdmitsThenDecodes) {
  add_client(1, false, 2);
  add(1, 10);
  const Scheduler::Turn first = turn();
  EXPECT_EQ(first.action, Action::admit);
  EXPECT_EQ(first.requests, Ids{10});
  const Scheduler::Turn second = turn();
  EXPECT_EQ(second.action, Action::decode);
  EXPECT_EQ(second.requests, Ids{10});
  scheduler.remove(10);
  EXPECT_EQ(turn().action, Action::idle);
}

TEST_F(SchedulerTest, NewRequestJoinsAtTheNextStep) {
  add_client(1, false, 4);
  add(1, 10);
  turn();
  turn();
  add(1, 11);
  EXPECT_EQ(turn().requests, Ids{11});  // admitted
  EXPECT_EQ(turn().requests, (Ids{10, 11}));
}

TEST_F(SchedulerTest, DecodesBetweenAdmissions) {
  add_client(1, false, 4);
  add(1, 10);
  EXPECT_EQ(turn().action, Action::admit);
  add(1, 11);
  EXPECT_EQ(turn().action, Action::decode);
  EXPECT_EQ(turn().action, Action::admit);
}

TEST_F(SchedulerTest, DraftsAreForFourSequencesAtMost) {
  add_client(1, false, 8);
  add_client(2, true, 8);
  for (const uint64_t id : {10, 11, 12}) add(1, id);
  EXPECT_TRUE(turn().may_draft);
  EXPECT_FALSE(turn().may_draft);  // a step
  add(2, 20);
  EXPECT_TRUE(turn().may_draft);
  turn();
  add(2, 21);
  EXPECT_FALSE(turn().may_draft);
  for (const uint64_t id : {10, 20}) scheduler.remove(id);
  turn();
  add(2, 22);
  EXPECT_TRUE(turn().may_draft);
  scheduler.remove(21);
  turn();
  add(2, 23);
  add(2, 24);  // admitted together
  EXPECT_FALSE(turn().may_draft);
}

TEST_F(SchedulerTest, AdmissionStopsAtBatchSize) {
  add_client(1, false, 2);
  for (const uint64_t id : {10, 11, 12}) add(1, id);
  EXPECT_EQ(turn().requests, (Ids{10, 11}));
  prepare();
  EXPECT_EQ(turn().requests, (Ids{10, 11}));  // 12 finds no place
  scheduler.remove(10);
  EXPECT_EQ(turn().requests, Ids{12});
  EXPECT_EQ(turn().requests, (Ids{11, 12}));
}

TEST_F(SchedulerTest, PreparesNoMoreThanTheNextBatch) {
  add_client(1, false, 2);
  for (const uint64_t id : {10, 11, 12}) scheduler.add(1, id, now);
  EXPECT_EQ(scheduler.start_preparing(), (Ids{10, 11}));
  EXPECT_TRUE(scheduler.start_preparing().empty());
  scheduler.set_prepared(10);
  EXPECT_TRUE(scheduler.start_preparing().empty());
  turn();  // 10 is admitted
  EXPECT_EQ(scheduler.start_preparing(), Ids{12});
}

TEST_F(SchedulerTest, LargestBatchAndSmallestTimeoutOfTheAttachedClientsCount) {
  add_client(1, false, 2, milliseconds(30));
  add_client(2, false, 5, milliseconds(20));
  EXPECT_EQ(scheduler.batch_size(), 5);
  EXPECT_EQ(scheduler.batch_timeout(), milliseconds(20));
  scheduler.remove_client(2);
  EXPECT_EQ(scheduler.batch_size(), 2);
  EXPECT_EQ(scheduler.batch_timeout(), milliseconds(30));
}

TEST_F(SchedulerTest, LongestIdleTimeoutCountsAndNeverIsTheLongest) {
  EXPECT_FALSE(scheduler.idle_timeout());
  scheduler.add_client(1, ClientPolicy{false, 1, milliseconds(0), milliseconds(30)});
  scheduler.add_client(2, ClientPolicy{false, 1, milliseconds(0), milliseconds(90)});
  EXPECT_EQ(scheduler.idle_timeout(), milliseconds(90));
  scheduler.add_client(3, ClientPolicy{});
  EXPECT_FALSE(scheduler.idle_timeout());
  scheduler.remove_client(3);
  scheduler.remove_client(2);
  EXPECT_EQ(scheduler.idle_timeout(), milliseconds(30));
}

TEST_F(SchedulerTest, AdmissionTakesRequestsOfSeveralClients) {
  add_client(1, false, 4);
  add_client(2, false, 4);
  add_client(3, true, 4);
  for (const uint64_t client : {1, 2, 3}) scheduler.add(client, 10 * client, now);
  prepare();
  const Scheduler::Turn next = turn();
  EXPECT_EQ(next.action, Action::admit);
  EXPECT_EQ(next.requests, (Ids{30, 10, 20}));  // live first
}

TEST_F(SchedulerTest, LongPagesOfOneClientCannotKeepAnotherOut) {
  add_client(1, false, 2);
  add_client(2, false, 2);
  for (const uint64_t id : {10, 11, 12, 13}) add(1, id);
  EXPECT_EQ(turn().requests, (Ids{10, 11}));
  prepare();  // 12 and 13 take the places of preparation
  EXPECT_EQ(turn().requests, (Ids{10, 11}));
  add(2, 20);
  EXPECT_EQ(turn().requests, Ids{20});  // admitted beside them
  std::map<uint64_t, int> steps;
  for (int i = 0; i < 30; ++i) {
    const Scheduler::Turn step = turn();
    EXPECT_EQ(step.action, Action::decode);
    EXPECT_EQ(step.requests.size(), 2U);
    for (const auto id : step.requests) ++steps[id];
  }
  for (const auto& [id, count] : steps) EXPECT_EQ(count, 20) << id;
  add(2, 21);
  EXPECT_EQ(turn().action, Action::decode);  // one place of its own, no more
}

TEST_F(SchedulerTest, ClientsTakeTurns) {
  add_client(1, false, 1);
  add_client(2, false, 1);
  for (const uint64_t id : {10, 11, 12}) scheduler.add(1, id, now);
  for (const uint64_t id : {20, 21}) scheduler.add(2, id, now);
  Ids order;
  while (!scheduler.empty()) {
    prepare();
    const Scheduler::Turn next = turn();
    ASSERT_NE(next.action, Action::idle);
    if (next.action == Action::admit) order.insert(order.end(), next.requests.begin(), next.requests.end());
    if (next.action == Action::decode) scheduler.remove(next.requests[0]);
  }
  EXPECT_EQ(order, (Ids{10, 20, 11, 21, 12}));
}

TEST_F(SchedulerTest, LiveGoesFirst) {
  add_client(1, false, 4);
  add_client(2, true, 4);
  scheduler.add(1, 10, now);
  scheduler.add(2, 20, now);
  EXPECT_EQ(scheduler.start_preparing(), (Ids{20, 10}));
}

TEST_F(SchedulerTest, FilesCannotFillThePlacesOfLiveClients) {
  add_client(1, false, 1);
  add_client(2, true, 1);
  add(1, 10);
  EXPECT_EQ(turn().requests, Ids{10});
  add(2, 20);
  EXPECT_EQ(turn().requests, Ids{10});  // the step that is due
  EXPECT_EQ(turn().requests, Ids{20});  // admitted beside it
  EXPECT_EQ(turn().requests, Ids{20});  // and decoded first
}

TEST_F(SchedulerTest, LiveCannotStarveFiles) {
  add_client(1, false, 1);
  add_client(2, true, 1);
  add(1, 10);
  add(2, 20);
  int file_steps = 0;
  for (int i = 0; i < 40; ++i) {
    const Scheduler::Turn next = turn();
    if (next.action == Action::decode && next.requests == Ids{10}) ++file_steps;
  }
  EXPECT_GE(file_steps, 3);
  EXPECT_LE(file_steps, 5);
}

TEST_F(SchedulerTest, LiveCannotStarveWaitingFiles) {
  add_client(1, false, 1);
  add_client(2, true, 1);
  scheduler.add(1, 1, now);
  for (uint64_t id = 100; id < 120; ++id) scheduler.add(2, id, now);
  int live_before_file = 0;
  bool file_seen = false;
  while (!file_seen) {
    for (const auto id : scheduler.start_preparing()) {
      file_seen = file_seen || id == 1;
      if (!file_seen) ++live_before_file;
      scheduler.remove(id);
    }
  }
  EXPECT_LE(live_before_file, Scheduler::kLiveBurst);
}

TEST_F(SchedulerTest, SequencesRotateWhenThereAreMoreThanABatch) {
  add_client(1, false, 3);
  for (const uint64_t id : {10, 11, 12}) add(1, id);
  turn();
  turn();
  scheduler.add_client(1, ClientPolicy{false, 2, milliseconds(0)});  // the batch shrinks
  EXPECT_EQ(turn().requests.size(), 2U);
  std::map<uint64_t, int> steps;
  for (int i = 0; i < 30; ++i) {
    for (const auto id : turn().requests) ++steps[id];
  }
  for (const auto& [id, count] : steps) EXPECT_EQ(count, 20) << id;
}

TEST_F(SchedulerTest, FirstRequestWaitsForCompany) {
  add_client(1, false, 2, milliseconds(50));
  add(1, 10);
  const Scheduler::Turn early = turn();
  EXPECT_EQ(early.action, Action::idle);
  ASSERT_TRUE(early.wake_at);
  EXPECT_EQ(*early.wake_at, now + milliseconds(50));
  now += milliseconds(50);
  EXPECT_EQ(turn().requests, Ids{10});
}

TEST_F(SchedulerTest, FullBatchDoesNotWait) {
  add_client(1, false, 2, milliseconds(50));
  add(1, 10);
  add(1, 11);
  EXPECT_EQ(turn().requests, (Ids{10, 11}));
}

TEST_F(SchedulerTest, LiveRequestDoesNotWait) {
  add_client(1, true, 4, milliseconds(50));
  add(1, 10);
  EXPECT_EQ(turn().requests, Ids{10});
}

TEST_F(SchedulerTest, NobodyWaitsWhileSomethingRuns) {
  add_client(1, false, 4, milliseconds(50));
  add(1, 10);
  now += milliseconds(50);
  turn();
  turn();
  add(1, 11);
  EXPECT_EQ(turn().requests, Ids{11});
}

TEST_F(SchedulerTest, RequestsLeaveFromEveryStage) {
  add_client(1, false, 3);
  for (const uint64_t id : {10, 11, 12, 13}) scheduler.add(1, id, now);
  scheduler.start_preparing();
  scheduler.set_prepared(10);
  turn();
  scheduler.set_prepared(11);
  EXPECT_EQ(scheduler.stage(10), Scheduler::Stage::running);
  EXPECT_EQ(scheduler.stage(11), Scheduler::Stage::prepared);
  EXPECT_EQ(scheduler.stage(12), Scheduler::Stage::preparing);
  EXPECT_EQ(scheduler.stage(13), Scheduler::Stage::waiting);
  for (const uint64_t id : {10, 11, 12, 13, 14}) scheduler.remove(id);
  EXPECT_TRUE(scheduler.empty());
  scheduler.set_prepared(12);  // its worker returns late
  EXPECT_EQ(turn().action, Action::idle);
}

TEST_F(SchedulerTest, DetachedClientKeepsItsRequestsUntilTheyLeave) {
  add_client(1, false, 2);
  add(1, 10);
  turn();
  scheduler.remove_client(1);
  EXPECT_EQ(turn().requests, Ids{10});
  scheduler.remove(10);
  EXPECT_EQ(turn().action, Action::idle);
}

}  // namespace
}  // namespace deepseekocr
