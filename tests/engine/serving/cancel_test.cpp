// SPDX-License-Identifier: MIT
// cancel() in every state of a request.
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

using CancelTest = ServingTest;

TEST_F(CancelTest, WaitingRequestEndsWhileTheModelLoads) {
  fake.loading.close();
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  request.lend_pixels();
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  api().cancel(client.handle, request.id());
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(request.pixel_releases(), 1);
  EXPECT_EQ(client.stats().cancelled, 1U);
  EXPECT_EQ(client.stats().waiting, 0U);
  fake.loading.open();
}

TEST_F(CancelTest, WaitingRequestEndsWhileAnotherIsDecoded) {
  fake.set_endless_answer(7, 50);
  fake.decoding.close();
  const auto client = ready_client(1);
  TestRequest running;
  ASSERT_EQ(running.submit(client->handle), DSOCR_OK);
  fake.decoding.wait_for_arrival(1);
  TestRequest waiting(8);
  ASSERT_EQ(waiting.submit(client->handle), DSOCR_OK);
  api().cancel(client->handle, waiting.id());
  EXPECT_EQ(waiting.wait().reason, DSOCR_FINISH_CANCELLED);  // the token of the other is still being computed
  EXPECT_FALSE(running.is_done());
  api().cancel(client->handle, running.id());
  fake.decoding.open();
  EXPECT_EQ(running.wait().reason, DSOCR_FINISH_CANCELLED);
}

TEST_F(CancelTest, VisionStopsAtTheNextLayer) {
  fake.encoding.close();
  const auto client = ready_client();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.encoding.wait_for_arrival(1);
  api().cancel(client->handle, request.id());
  fake.encoding.wake();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_TRUE(fake.prefilled().empty());
}

TEST_F(CancelTest, OthersOfTheVisionBatchGoOn) {
  fake.set_answer(8, {11});
  fake.encoding.close();
  fake.loading.close();
  TestClient client(folder.path());
  client.options.batch_size = 2;
  client.options.batch_timeout_ms = 60000;  // until both are there
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest cancelled(7);
  TestRequest kept(8);
  ASSERT_EQ(cancelled.submit(client.handle), DSOCR_OK);
  ASSERT_EQ(kept.submit(client.handle), DSOCR_OK);
  fake.loading.open();
  fake.encoding.wait_for_arrival(1);
  api().cancel(client.handle, cancelled.id());
  fake.encoding.open();
  EXPECT_EQ(cancelled.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(kept.wait().ids, std::vector<int32_t>{11});
}

TEST_F(CancelTest, PrefillStops) {
  fake.prefilling.close();
  const auto client = ready_client();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.prefilling.wait_for_arrival(1);
  api().cancel(client->handle, request.id());
  fake.prefilling.wake();
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
}

TEST_F(CancelTest, DecodingStopsAtTheNextTokenWithTheTextSoFar) {
  fake.set_endless_answer(7, 50);
  fake.decoding.close();
  const auto client = ready_client();
  TestRequest request;
  request.request.loop_guard = -1;
  request.request.no_repeat_ngram_size = -1;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.decoding.let_pass(2);
  fake.decoding.wait_for_arrival(3);
  api().cancel(client->handle, request.id());
  fake.decoding.let_pass(1);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(reading.ids, (std::vector<int32_t>{50, 50, 50, 50}));
  EXPECT_EQ(fake.decoding.arrivals(), 3);
}

TEST_F(CancelTest, ZeroCancelsAllOfThisClientOnly) {
  fake.set_endless_answer(7, 50);
  fake.set_answer(8, {11});
  fake.decoding.close();
  const auto client = ready_client();
  const auto other = ready_client();
  TestRequest first;
  TestRequest second;
  TestRequest foreign(8);
  ASSERT_EQ(first.submit(client->handle), DSOCR_OK);
  ASSERT_EQ(second.submit(client->handle), DSOCR_OK);
  ASSERT_EQ(foreign.submit(other->handle), DSOCR_OK);
  fake.decoding.wait_for_arrival(1);
  api().cancel(client->handle, 0);
  api().cancel(client->handle, foreign.id());  // not this client's
  fake.decoding.open();
  EXPECT_EQ(first.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(second.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(foreign.wait().reason, DSOCR_FINISH_STOP);
}

TEST_F(CancelTest, UnknownAndFinishedIdsAreIgnored) {
  fake.set_answer(7, {11});
  const auto client = ready_client();
  TestRequest request;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  request.wait();
  api().cancel(client->handle, request.id());
  api().cancel(client->handle, UINT64_MAX);
  api().cancel(nullptr, 1);
  EXPECT_EQ(request.done_calls(), 1);
}

TEST_F(CancelTest, CancelFromInsideTheTextCallback) {
  folder.add_tokenizer();
  fake.set_endless_answer(7, ids_of("a")[0]);
  fake.decoding.close();
  const auto client = ready_client();
  TestRequest request;
  request.on_text = [&client, &request] { api().cancel(client->handle, request.id()); };
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  request.wait_for_text("a");  // from the prompt; the first step waits at the gate
  fake.decoding.open();
  const Reading reading = request.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(reading.text, reading.pieces);
}

}  // namespace
}  // namespace deepseekocr::testing
