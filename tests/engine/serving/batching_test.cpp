// SPDX-License-Identifier: MIT
// Which requests share a step, and who goes first.
#include <algorithm>

#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

using Batch = std::vector<int32_t>;
using BatchingTest = ServingTest;

Batch sorted(Batch batch) {
  std::sort(batch.begin(), batch.end());
  return batch;
}

TEST_F(BatchingTest, NewcomerJoinsTheStepsOfARunningRequest) {
  fake.config.decoder.max_positions = 8192;
  fake.set_endless_answer(1, 50);
  fake.set_answer(2, {21, 22, 23});
  fake.decoding.close();
  const auto first = ready_client();
  const auto second = ready_client();
  TestRequest early(1);
  TestRequest late(2);
  early.request.loop_guard = -1;
  early.request.no_repeat_ngram_size = -1;
  ASSERT_EQ(early.submit(first->handle), DSOCR_OK);
  fake.decoding.wait_for_arrival(1);
  ASSERT_EQ(late.submit(second->handle), DSOCR_OK);
  // Steps pass one by one until the newcomer's prompt has run.
  for (int step = 2; fake.prefilled().size() < 2 && step < 8000; ++step) {
    fake.decoding.let_pass(1);
    fake.decoding.wait_for_arrival(step);
  }
  fake.decoding.open();
  EXPECT_EQ(late.wait().ids, (Batch{21, 22, 23}));
  EXPECT_FALSE(early.is_done());
  api().cancel(first->handle, early.id());
  EXPECT_EQ(early.wait().reason, DSOCR_FINISH_CANCELLED);
  const auto batches = fake.decoded_batches();
  const Batch both = {1, 2};
  EXPECT_EQ(std::count(batches.begin(), batches.end(), both), 3);  // two more ids and end-of-sequence
}

TEST_F(BatchingTest, WaitingRequestsAreEncodedAndDecodedTogether) {
  fake.loading.close();
  for (const int32_t key : {1, 2, 3}) fake.set_answer(key, {10, 11, 12, 13});
  TestClient client(folder.path());
  client.options.batch_size = 3;
  client.options.batch_timeout_ms = 60000;  // until the batch is full
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest requests[] = {TestRequest(1), TestRequest(2), TestRequest(3)};
  for (TestRequest& request : requests) ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  fake.loading.open();
  for (TestRequest& request : requests) EXPECT_EQ(request.wait().ids.size(), 4U);
  EXPECT_EQ(fake.encoded_batches(), std::vector<size_t>{3});
  const auto batches = fake.decoded_batches();
  ASSERT_EQ(batches.size(), 4U);  // three more ids and end-of-sequence
  for (const Batch& batch : batches) EXPECT_EQ(sorted(batch), (Batch{1, 2, 3}));
  const DsocrStats stats = client.stats();
  EXPECT_EQ(stats.steps, 4U);
  EXPECT_EQ(stats.mean_batch, 3.0);
  EXPECT_EQ(stats.tokens, 12U);
  EXPECT_EQ(stats.submitted, 3U);
  EXPECT_EQ(stats.finished, 3U);
}

TEST_F(BatchingTest, ViewsOfDifferentClientsAreEncodedTogether) {
  fake.loading.close();
  TestClient first(folder.path());
  TestClient second(folder.path());
  for (TestClient* client : {&first, &second}) {
    client->options.batch_size = 2;
    client->options.batch_timeout_ms = 60000;  // until the batch is full
    ASSERT_EQ(client->open(), DSOCR_OK);
  }
  fake.set_answer(1, {10, 11});
  fake.set_answer(2, {20, 21});
  TestRequest one(1);
  TestRequest two(2);
  ASSERT_EQ(one.submit(first.handle), DSOCR_OK);
  ASSERT_EQ(two.submit(second.handle), DSOCR_OK);
  fake.loading.open();
  EXPECT_EQ(one.wait().ids, (Batch{10, 11}));
  EXPECT_EQ(two.wait().ids, (Batch{20, 21}));
  EXPECT_EQ(fake.encoded_batches(), std::vector<size_t>{2});
  EXPECT_EQ(first.stats().mean_batch, 2.0);
  EXPECT_EQ(second.stats().mean_batch, 2.0);
}

TEST_F(BatchingTest, LongPageDoesNotHoldUpAnotherFile) {
  fake.config.decoder.max_positions = 8192;
  fake.set_endless_answer(1, 50);
  fake.set_answer(2, {11, 12});
  const auto slow = ready_client(1);
  const auto quick = ready_client(1);
  TestRequest pages[] = {TestRequest(1), TestRequest(1), TestRequest(1)};
  for (TestRequest& page : pages) {
    page.request.loop_guard = -1;
    page.request.no_repeat_ngram_size = -1;
    ASSERT_EQ(page.submit(slow->handle), DSOCR_OK);
  }
  fake.decoding.wait_for_arrival(1);
  TestRequest short_page(2);
  ASSERT_EQ(short_page.submit(quick->handle), DSOCR_OK);
  EXPECT_EQ(short_page.wait().reason, DSOCR_FINISH_STOP);
  api().cancel(slow->handle, 0);
  for (TestRequest& page : pages) page.wait();
}

TEST_F(BatchingTest, NoStepIsLargerThanBatchSize) {
  fake.loading.close();
  TestClient client(folder.path());
  client.options.batch_size = 2;
  ASSERT_EQ(client.open(), DSOCR_OK);
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (int32_t key = 1; key <= 7; ++key) {
    fake.set_answer(key, {10, 11, 12, 13, 14});
    requests.push_back(std::make_unique<TestRequest>(key));
    ASSERT_EQ(requests.back()->submit(client.handle), DSOCR_OK);
  }
  fake.loading.open();
  for (const auto& request : requests) EXPECT_EQ(request->wait().ids.size(), 5U);
  for (const Batch& batch : fake.decoded_batches()) EXPECT_LE(batch.size(), 2U);
}

TEST_F(BatchingTest, ClientsTakeTurns) {
  fake.loading.close();
  TestClient busy(folder.path());
  TestClient modest(folder.path());
  for (TestClient* client : {&busy, &modest}) {
    client->options.batch_size = 1;
    ASSERT_EQ(client->open(), DSOCR_OK);
  }
  std::vector<std::unique_ptr<TestRequest>> requests;
  for (const int32_t key : {1, 2, 3, 4}) {
    requests.push_back(std::make_unique<TestRequest>(key));
    ASSERT_EQ(requests.back()->submit(busy.handle), DSOCR_OK);
  }
  requests.push_back(std::make_unique<TestRequest>(9));
  ASSERT_EQ(requests.back()->submit(modest.handle), DSOCR_OK);
  fake.loading.open();
  for (const auto& request : requests) request->wait();
  EXPECT_EQ(fake.prefilled(), (Batch{1, 9, 2, 3, 4}));
}

TEST_F(BatchingTest, LongPageDoesNotHoldUpAFrame) {
  fake.config.decoder.max_positions = 8192;
  fake.set_endless_answer(1, 50);
  fake.set_answer(2, {11, 12});
  fake.decoding.close();
  const auto file = ready_client(1);
  const auto live = ready_client(1, true);
  TestRequest page(1);
  page.request.loop_guard = -1;
  page.request.no_repeat_ngram_size = -1;
  ASSERT_EQ(page.submit(file->handle), DSOCR_OK);
  fake.decoding.wait_for_arrival(1);
  TestRequest frame(2);
  ASSERT_EQ(frame.submit(live->handle), DSOCR_OK);
  for (int step = 2; !frame.is_done() && step < 8000; ++step) {
    fake.decoding.let_pass(1);
    fake.decoding.wait_for_arrival(step);
  }
  EXPECT_EQ(frame.wait().reason, DSOCR_FINISH_STOP);
  EXPECT_FALSE(page.is_done());
  api().cancel(file->handle, page.id());
  fake.decoding.open();
  page.wait();
}

TEST_F(BatchingTest, PendingIsBounded) {
  fake.loading.close();
  TestClient client(folder.path());
  client.options.max_pending = 2;
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest requests[3];
  EXPECT_EQ(requests[0].submit(client.handle), DSOCR_OK);
  EXPECT_EQ(requests[1].submit(client.handle), DSOCR_OK);
  std::string message;
  requests[2].lend_pixels();
  EXPECT_EQ(requests[2].submit(client.handle, &message), DSOCR_BUSY);
  EXPECT_NE(message.find("2 places"), std::string::npos) << message;
  EXPECT_EQ(requests[2].release_calls(), 1);
  EXPECT_EQ(requests[2].pixel_releases(), 1);
  EXPECT_EQ(requests[2].done_calls(), 0);
  EXPECT_EQ(requests[2].id(), 0U);
  EXPECT_EQ(client.stats().submitted, 2U);
  fake.loading.open();
  requests[0].wait();
  requests[1].wait();
  TestRequest again;
  EXPECT_EQ(again.submit(client.handle), DSOCR_OK);
  again.wait();
}

}  // namespace
}  // namespace deepseekocr::testing
