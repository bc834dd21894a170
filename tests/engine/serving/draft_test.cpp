// SPDX-License-Identifier: MIT
// The previous answer of a stream as a draft: what is kept, what is verified, and that the rules of decoding hold
// inside a draft as they do outside.
#include "serving/draft.h"

#include "serving/request.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

using Ids = std::vector<int32_t>;

TEST(AnswerMemory, GivesTheNewestAnswer) {
  AnswerMemory memory;
  EXPECT_TRUE(memory.draft(1).empty());
  memory.keep(1, {5, 6, 7});
  memory.keep(2, {8});
  EXPECT_EQ(memory.draft(1), (Ids{5, 6, 7}));
  memory.keep(1, {5, 6, 7, 9});
  EXPECT_EQ(memory.draft(1), (Ids{5, 6, 7, 9}));
  EXPECT_EQ(memory.draft(2), (Ids{8}));
  memory.clear();
  EXPECT_TRUE(memory.draft(1).empty());
}

TEST(AnswerMemory, AStreamWhoseTextsHaveNothingInCommonHasNoDraft) {
  AnswerMemory memory;
  memory.keep(1, {5, 6, 7});
  memory.keep(1, {8, 9, 10});
  EXPECT_TRUE(memory.draft(1).empty());
  memory.keep(1, {8, 11, 12, 13, 14});
  EXPECT_EQ(memory.draft(1), (Ids{8, 11}));
  memory.keep(1, {8, 11, 12, 13, 14});
  EXPECT_EQ(memory.draft(1), (Ids{8, 11, 12, 13, 14}));
}

TEST(AnswerMemory, AnEmptyAnswerSaysNothingAboutTheNext) {
  AnswerMemory memory;
  memory.keep(1, {});
  EXPECT_TRUE(memory.draft(1).empty());
  memory.keep(1, {8, 9});
  EXPECT_EQ(memory.draft(1), (Ids{8, 9}));
}

TEST(AnswerMemory, ForgetsTheStreamThatWasAnsweredLongestAgo) {
  AnswerMemory memory;
  for (uint64_t stream = 1; stream <= AnswerMemory::kMaxStreams; ++stream) memory.keep(stream, {5});
  memory.keep(1, {5});
  memory.keep(1000, {5});
  EXPECT_EQ(memory.draft(1), Ids{5});
  EXPECT_TRUE(memory.draft(2).empty());
  EXPECT_EQ(memory.draft(3), Ids{5});
}

class PlanDraft : public ::testing::Test {
 protected:
  PlanDraft() {
    page.limits.max_new_tokens = 100;
    page.limits.eos_id = 1;
  }
  Ids planned(const Ids& draft) const {
    const DraftPlan plan = plan_draft(page, draft);
    EXPECT_EQ(plan.banned.size(), plan.ids.size() + 1);
    return {plan.ids.begin(), plan.ids.end()};
  }
  PreparedPage page;
};

TEST_F(PlanDraft, EndsBeforeEndOfSequenceUnlessThatIsIgnored) {
  EXPECT_EQ(planned({5, 6, 1, 7}), (Ids{5, 6}));
  page.limits.ignore_eos = true;
  EXPECT_EQ(planned({5, 6, 1, 7}), (Ids{5, 6, 1, 7}));
}

TEST_F(PlanDraft, LeavesTheLastIdToTheModel) {
  page.limits.max_new_tokens = 3;
  EXPECT_EQ(planned({5, 6, 7, 8}), (Ids{5, 6}));
  page.limits.max_new_tokens = 1;
  EXPECT_EQ(planned({5, 6}), Ids{});
}

TEST_F(PlanDraft, EndsBeforeABannedIdAndStillBansIt) {
  page.ngram_rule.size = 2;
  page.ngram_rule.window = 90;
  const Ids draft = {5, 6, 5, 6, 7};
  const DraftPlan plan = plan_draft(page, draft);
  EXPECT_EQ(Ids(plan.ids.begin(), plan.ids.end()), (Ids{5, 6, 5}));
  EXPECT_EQ(plan.banned.back(), Ids{6});
}

class DraftTest : public ServingTest {
 protected:
  /// One request of `stream`, to its end.
  Reading read(TestClient& client, uint64_t stream, int32_t key = 7) {
    TestRequest request(key);
    request.request.stream = stream;
    request.request.no_repeat_ngram_size = ngram_size;
    request.request.max_new_tokens = max_new_tokens;
    EXPECT_EQ(request.submit(client.handle), DSOCR_OK);
    return request.wait();
  }
  int ngram_size = 0;
  int max_new_tokens = 0;
};

TEST_F(DraftTest, AnUnchangedTextIsVerifiedWithoutAStep) {
  fake.set_answer(7, {11, 12, 13});
  const auto client = ready_client();
  EXPECT_EQ(read(*client, 1).ids, (Ids{11, 12, 13}));
  const size_t steps = fake.decoded_batches().size();
  const Reading again = read(*client, 1);
  EXPECT_EQ(again.ids, (Ids{11, 12, 13}));
  EXPECT_EQ(again.reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(fake.decoded_batches().size(), steps);
  EXPECT_EQ(fake.drafts(7), (std::vector<Ids>{{}, {11, 12, 13}}));
  EXPECT_EQ(client->stats().draft_tokens, 3U);
  EXPECT_EQ(client->stats().draft_accepted, 3U);
  EXPECT_EQ(client->stats().tokens, 6U);
}

TEST_F(DraftTest, DecodingGoesOnFromTheFirstDifference) {
  fake.set_answer(7, {11, 12, 13, 14, 15});
  const auto client = ready_client();
  read(*client, 1);
  fake.set_answer(7, {11, 12, 99, 14, 15, 16});
  const size_t steps = fake.decoded_batches().size();
  EXPECT_EQ(read(*client, 1).ids, (Ids{11, 12, 99, 14, 15, 16}));
  EXPECT_EQ(fake.decoded_batches().size() - steps, 4U);  // 14, 15, 16 and end-of-sequence
  EXPECT_EQ(client->stats().draft_tokens, 5U);
  EXPECT_EQ(client->stats().draft_accepted, 2U);
}

TEST_F(DraftTest, StreamsAndClientsHaveTheirOwn) {
  fake.set_answer(7, {11, 12});
  fake.set_answer(8, {21, 22});
  const auto client = ready_client(), other = ready_client();
  read(*client, 1, 7);
  read(*client, 2, 8);
  read(*other, 1, 8);
  read(*client, 0, 8);
  EXPECT_EQ(fake.drafts(8), (std::vector<Ids>{{}, {}, {}}));
  read(*client, 1, 8);
  EXPECT_EQ(fake.drafts(8).back(), (Ids{11, 12}));
  read(*other, 1, 7);
  EXPECT_EQ(fake.drafts(7).back(), (Ids{21, 22}));
}

TEST_F(DraftTest, CancellingAllForgetsTheStreams) {
  fake.set_answer(7, {11, 12});
  const auto client = ready_client();
  read(*client, 1);
  api().cancel(client->handle, 0);
  read(*client, 1);
  EXPECT_EQ(fake.drafts(7), (std::vector<Ids>{{}, {}}));
  api().cancel(client->handle, 12345);
  read(*client, 1);
  EXPECT_EQ(fake.drafts(7).back(), (Ids{11, 12}));
}

TEST_F(DraftTest, WhatWasCancelledIsNoAnswer) {
  fake.set_endless_answer(7, 50);
  const auto client = ready_client();
  fake.decoding.close();
  TestRequest request(7);
  request.request.stream = 1;
  request.submit(client->handle);
  fake.decoding.wait_for_arrival(1);
  api().cancel(client->handle, request.id());
  fake.decoding.open();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  fake.set_answer(8, {11});
  read(*client, 1, 8);
  EXPECT_EQ(fake.drafts(8), std::vector<Ids>{{}});
}

TEST_F(DraftTest, LimitsHoldInsideADraft) {
  fake.set_answer(7, {11, 12, 13, 14});
  const auto client = ready_client();
  read(*client, 1);
  max_new_tokens = 2;
  const Reading cut = read(*client, 1);
  EXPECT_EQ(cut.ids, (Ids{11, 12}));
  EXPECT_EQ(cut.reason, DSOCR_FINISH_LENGTH);
  EXPECT_EQ(fake.drafts(7).back(), Ids{11});
}

TEST_F(DraftTest, BansHoldInsideADraft) {
  fake.set_answer(7, {11, 12, 11, 12, 11, 12});
  const auto client = ready_client();
  ngram_size = -1;
  EXPECT_EQ(read(*client, 1).ids, (Ids{11, 12, 11, 12, 11, 12}));
  ngram_size = 2;
  const Reading drafted = read(*client, 1);
  const uint64_t bans = client->stats().ngram_bans;
  const Reading plain = read(*client, 0);
  EXPECT_EQ(drafted.ids, plain.ids);
  EXPECT_NE(drafted.ids, (Ids{11, 12, 11, 12, 11, 12}));
  EXPECT_EQ(client->stats().ngram_bans, 2 * bans);
  EXPECT_EQ(fake.drafts(7)[1], (Ids{11, 12, 11}));
}

TEST_F(DraftTest, ALoopInsideADraftIsCut) {
  fake.set_endless_answer(7, 50);
  const auto client = ready_client();
  ngram_size = -1;
  TestRequest unguarded(7);
  unguarded.request.stream = 1;
  unguarded.request.no_repeat_ngram_size = -1;
  unguarded.request.loop_guard = -1;
  unguarded.request.max_new_tokens = 300;
  ASSERT_EQ(unguarded.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(unguarded.wait().ids.size(), 300U);
  const Reading plain = read(*client, 0), drafted = read(*client, 1);
  EXPECT_EQ(plain.reason, DSOCR_FINISH_REPETITION);
  EXPECT_EQ(drafted.reason, DSOCR_FINISH_REPETITION);
  EXPECT_EQ(drafted.ids, plain.ids);
  EXPECT_EQ(client->stats().period_loops, 2U);
}

TEST_F(DraftTest, TheTextIsStreamedAsEver) {
  folder.add_tokenizer();
  fake.set_answer(7, ids_of("a text"));
  const auto client = ready_client();
  read(*client, 1);
  const Reading drafted = read(*client, 1);
  EXPECT_EQ(drafted.text, "a text");
  EXPECT_EQ(drafted.pieces, "a text");
}

TEST_F(DraftTest, AModelThatIsLoadedAnewHasNoDrafts) {
  fake.set_answer(7, {11, 12});
  const auto client = std::make_unique<TestClient>(folder.path());
  client->options.idle_timeout_ms = 1;
  ASSERT_EQ(client->open(), DSOCR_OK);
  read(*client, 1);
  fake.wait_until_unloaded();
  read(*client, 1);
  EXPECT_EQ(fake.drafts(7), (std::vector<Ids>{{}, {}}));
}

/// Sequences that run until the end of the test, a step at a time.
class ManyStreams : public DraftTest {
 protected:
  void SetUp() override {
    DraftTest::SetUp();
    fake.config.decoder.max_positions = 1'000'000;
    fake.set_endless_answer(8, 50);
    fake.set_answer(7, {11, 12, 13});
    client = ready_client();
  }
  void TearDown() override {
    client->close();
    fake.decoding.open();
    for (const auto& request : running) request->wait();
  }
  void start(std::unique_ptr<TestRequest> request) {
    request->request.no_repeat_ngram_size = request->request.loop_guard = -1;
    const int wanted = fake.prefilling.arrivals() + 1;
    ASSERT_EQ(request->submit(client->handle), DSOCR_OK);
    if (running.empty()) fake.prefilling.wait_for_arrival(wanted);
    while (fake.prefilling.arrivals() < wanted) {
      const int arrived = fake.decoding.arrivals();
      fake.decoding.let_pass(1);
      fake.decoding.wait_for_arrival(arrived + 1);
    }
    running.push_back(std::move(request));
  }

  std::unique_ptr<TestClient> client;
  std::vector<std::unique_ptr<TestRequest>> running;
};

TEST_F(ManyStreams, AboveFourThereIsNoDraft) {
  read(*client, 1);
  fake.decoding.reset();
  fake.decoding.close();
  for (int i = 0; i < 3; ++i) start(std::make_unique<TestRequest>(8));
  for (int i = 0; i < 2; ++i) {
    auto fourth = std::make_unique<TestRequest>(7);
    fourth->request.stream = 1;
    start(std::move(fourth));
    EXPECT_EQ(fake.drafts(7).back(), i == 0 ? (Ids{11, 12, 13}) : Ids{}) << i << " more than four";
    start(std::make_unique<TestRequest>(8));
  }
}

}  // namespace
}  // namespace deepseekocr::testing
