// SPDX-License-Identifier: MIT
// What get_stats() counts and measures.
#include <cstring>

#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

class StatsTest : public ServingTest {
 protected:
  void SetUp() override {
    ServingTest::SetUp();
    folder.add_tokenizer();
    fake.config.decoder.max_positions = 8192;
  }
  /// Reads one picture without the n-gram rule.
  Reading read(const TestClient& client, int32_t key = 7) {
    TestRequest request(key);
    request.request.no_repeat_ngram_size = -1;
    EXPECT_EQ(request.submit(client.handle), DSOCR_OK);
    return request.wait();
  }
};

TEST_F(StatsTest, EachLoopGuardHasItsCounter) {
  const auto client = ready_client();
  fake.set_endless_answer(1, ids_of("a")[0]);
  EXPECT_EQ(read(*client, 1).reason, DSOCR_FINISH_REPETITION);
  EXPECT_EQ(client->stats().period_loops, 1U);
  EXPECT_EQ(client->stats().advancing_loops, 0U);
  std::string answer;
  for (int row = 100; row < 200; ++row) answer += "Parcel of the customer number " + std::to_string(row) + "\n";
  fake.set_answer(2, ids_of(answer));
  EXPECT_EQ(read(*client, 2).reason, DSOCR_FINISH_REPETITION);
  EXPECT_EQ(client->stats().period_loops, 1U);
  EXPECT_EQ(client->stats().advancing_loops, 1U);
  fake.set_answer(3, ids_of("No loop"));
  EXPECT_EQ(read(*client, 3).reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(client->stats().period_loops + client->stats().advancing_loops, 2U);
  EXPECT_EQ(client->stats().finished, 3U);
}

TEST_F(StatsTest, NgramBansAreCountedByStep) {
  const auto client = ready_client();
  fake.set_endless_answer(7, 50);
  TestRequest request;
  request.request.no_repeat_ngram_size = 2;
  request.request.max_new_tokens = 3;
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  request.wait();  // 50, 50, and then the pair exists
  EXPECT_EQ(client->stats().ngram_bans, 1U);
  EXPECT_EQ(client->stats().period_loops, 0U);
}

TEST_F(StatsTest, PercentilesAreOfFinishedRequests) {
  fake.set_answer(7, ids_of("abc"));
  const auto client = ready_client();
  EXPECT_EQ(client->stats().total.p50, 0U);
  EXPECT_EQ(client->stats().tokens_per_second, 0.0);
  const Reading reading = read(*client);
  const DsocrStats stats = client->stats();
  EXPECT_EQ(stats.total.p50, reading.timings.total);
  EXPECT_EQ(stats.total.p95, reading.timings.total);
  EXPECT_EQ(stats.queued.p50, reading.timings.queued);
  EXPECT_EQ(stats.preprocess.p50, reading.timings.preprocess);
  EXPECT_EQ(stats.vision.p50, reading.timings.vision);
  EXPECT_EQ(stats.prefill.p50, reading.timings.prefill);
  EXPECT_EQ(stats.decode.p50, reading.timings.decode);
  EXPECT_GT(stats.tokens_per_second, 0.0);
}

TEST_F(StatsTest, CancelledRequestsAreNotMeasured) {
  fake.loading.close();
  TestClient client(folder.path());
  ASSERT_EQ(client.open(), DSOCR_OK);
  TestRequest request;
  ASSERT_EQ(request.submit(client.handle), DSOCR_OK);
  api().cancel(client.handle, 0);
  EXPECT_EQ(request.wait().reason, DSOCR_FINISH_CANCELLED);
  EXPECT_EQ(client.stats().total.p95, 0U);
  fake.loading.open();
}

TEST_F(StatsTest, ClientsAreMeasuredApart) {
  fake.set_answer(7, ids_of("abc"));
  const auto busy = ready_client();
  const auto other = ready_client();
  read(*busy);
  EXPECT_EQ(other->stats().finished, 0U);
  EXPECT_EQ(other->stats().tokens_per_second, 0.0);
}

TEST_F(StatsTest, CallersOfTheFirstVersionGetTheirFieldsOnly) {
  fake.set_answer(7, ids_of("abc"));
  const auto client = ready_client();
  read(*client);
  DsocrStats stats;
  std::memset(&stats, 0x55, sizeof stats);
  stats.struct_size = offsetof(DsocrStats, period_loops);
  api().get_stats(client->handle, &stats);
  EXPECT_EQ(stats.finished, 1U);
  EXPECT_EQ(stats.struct_size, offsetof(DsocrStats, period_loops));
  EXPECT_EQ(stats.period_loops, 0x5555555555555555U);
}

}  // namespace
}  // namespace deepseekocr::testing
