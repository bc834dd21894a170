// SPDX-License-Identifier: MIT
// What ends an answer, and what goes wrong on the way.
#include <cmath>
#include <new>
#include <stdexcept>

#include "checkpoint/error.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

class LimitsTest : public ServingTest {
 protected:
  Reading read(TestRequest& request) {
    const auto client = ready_client();
    EXPECT_EQ(request.submit(client->handle), DSOCR_OK);
    return request.wait();
  }
};

TEST_F(LimitsTest, MaxNewTokens) {
  fake.set_answer(7, {11, 12, 13, 14});
  TestRequest request;
  request.request.max_new_tokens = 3;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_LENGTH);
  EXPECT_EQ(reading.ids.size(), 3U);
}

TEST_F(LimitsTest, OneTokenComesFromThePrompt) {
  fake.set_answer(7, {11, 12});
  TestRequest request;
  request.request.max_new_tokens = 1;
  EXPECT_EQ(read(request).ids, std::vector<int32_t>{11});
  EXPECT_EQ(fake.decoding.arrivals(), 0);
}

TEST_F(LimitsTest, EmptyAnswer) {
  TestRequest request;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_STOP);
  EXPECT_TRUE(reading.ids.empty());
  EXPECT_EQ(reading.confidence_mean, 0.0F);
}

TEST_F(LimitsTest, PromptAndAnswerFitThePositions) {
  fake.set_endless_answer(7, 50);
  fake.config.decoder.max_positions = 80;  // the prompt takes 75
  TestRequest request;
  request.request.max_new_tokens = 1000;
  request.request.loop_guard = -1;
  request.request.no_repeat_ngram_size = -1;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_LENGTH);
  EXPECT_EQ(reading.ids.size(), 5U);
}

TEST_F(LimitsTest, PromptLongerThanThePositionsNamesBoth) {
  fake.config.decoder.max_positions = 75;
  TestRequest request;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_ERROR);
  EXPECT_EQ(reading.status, DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(reading.error.find("75 tokens (73 of them"), std::string::npos) << reading.error;
  EXPECT_NE(reading.error.find("75 positions"), std::string::npos) << reading.error;
}

TEST_F(LimitsTest, IgnoreEosGoesOnToTheLength) {
  TestRequest request;
  request.request.ignore_eos = 1;
  request.request.max_new_tokens = 4;
  request.request.no_repeat_ngram_size = -1;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_LENGTH);
  EXPECT_EQ(reading.ids, (std::vector<int32_t>(4, fake.config.decoder.eos_id)));
}

TEST_F(LimitsTest, TimeoutBeforeTheFirstToken) {
  TestRequest request;
  request.request.max_time = 1;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_TIMEOUT);
  EXPECT_TRUE(reading.ids.empty());
}

TEST_F(LimitsTest, LoopIsCutAndMarked) {
  folder.add_tokenizer();
  fake.config.decoder.max_positions = 4096;
  fake.set_endless_answer(7, ids_of("a")[0]);
  TestRequest request;
  request.request.no_repeat_ngram_size = -1;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_REPETITION);
  EXPECT_LT(reading.ids.size(), 64U);
  EXPECT_EQ(reading.text, std::string(reading.ids.size(), 'a'));
}

TEST_F(LimitsTest, AdvancingLoopIsCutAndMarked) {
  folder.add_tokenizer();
  fake.config.decoder.max_positions = 8192;
  std::string answer = "Items of this delivery note:\n";
  for (int row = 100; row < 200; ++row) answer += "Parcel of the customer number " + std::to_string(row) + "\n";
  fake.set_answer(7, ids_of(answer));
  TestRequest request;
  request.request.no_repeat_ngram_size = -1;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_REPETITION);
  EXPECT_LT(reading.text.size(), 200U);
  EXPECT_EQ(reading.text, answer.substr(0, reading.text.size()));
  EXPECT_EQ(reading.ids, ids_of(reading.text));
  EXPECT_TRUE(reading.pieces.starts_with(reading.text));  // what was streamed cannot be taken back
}

TEST_F(LimitsTest, LoopGuardCanBeOff) {
  fake.config.decoder.max_positions = 1024;
  fake.set_endless_answer(7, 50);
  TestRequest request;
  request.request.no_repeat_ngram_size = -1;
  request.request.loop_guard = -1;
  request.request.max_new_tokens = 600;
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_LENGTH);
  EXPECT_EQ(reading.ids.size(), 600U);
}

TEST_F(LimitsTest, NgramRuleBansWhatWouldRepeat) {
  fake.set_endless_answer(7, 50);
  TestRequest request;
  request.request.no_repeat_ngram_size = 2;
  request.request.max_new_tokens = 3;
  // 50, 50: the pair exists, so 50 is banned and the fake takes the next id.
  EXPECT_EQ(read(request).ids, (std::vector<int32_t>{50, 50, 51}));
  EXPECT_EQ(fake.banned(7).back(), std::vector<int32_t>{50});
}

TEST_F(LimitsTest, NgramWhitelistIsNeverBanned) {
  fake.set_endless_answer(7, 50);
  TestRequest request;
  const int32_t whitelist[] = {50};
  request.request.no_repeat_ngram_size = 2;
  request.request.ngram_whitelist = whitelist;
  request.request.ngram_whitelist_count = 1;
  request.request.max_new_tokens = 4;
  EXPECT_EQ(read(request).ids, (std::vector<int32_t>{50, 50, 50, 50}));
}

TEST_F(LimitsTest, TableCellsOfTheTokenizerAreTheDefaultWhitelist) {
  folder.add_tokenizer();
  fake.set_endless_answer(7, 400);  // <td>
  TestRequest request;
  request.request.no_repeat_ngram_size = 2;
  request.request.max_new_tokens = 4;
  EXPECT_EQ(read(request).ids, (std::vector<int32_t>(4, 400)));
}

TEST_F(LimitsTest, TextNeedsATokenizer) {
  TestRequest request;
  request.use_prompt("Free OCR.");
  const Reading reading = read(request);
  EXPECT_EQ(reading.reason, DSOCR_FINISH_ERROR);
  EXPECT_EQ(reading.status, DSOCR_NOT_FOUND);
  EXPECT_NE(reading.error.find("tokenizer.json"), std::string::npos);
}

TEST_F(LimitsTest, IdsOutsideTheVocabularyAreRefused) {
  TestRequest request(1000);
  const Reading reading = read(request);
  EXPECT_EQ(reading.status, DSOCR_INVALID_ARGUMENT);
  EXPECT_NE(reading.error.find("1000"), std::string::npos);
  EXPECT_EQ(fake.encoding.arrivals(), 0);
}

TEST_F(LimitsTest, FailureOfVisionEndsOnlyItsRequest) {
  fake.set_answer(7, {11});
  fake.fail_next_encode([] { throw std::bad_alloc(); });
  const auto client = ready_client();
  TestRequest failed;
  ASSERT_EQ(failed.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(failed.wait().status, DSOCR_OUT_OF_MEMORY);
  TestRequest next;
  ASSERT_EQ(next.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(next.wait().reason, DSOCR_FINISH_STOP);
  EXPECT_EQ(client->stats().failed, 1U);
  EXPECT_EQ(client->stats().finished, 1U);
}

TEST_F(LimitsTest, FailureOfPrefillEndsOnlyItsRequest) {
  fake.set_answer(7, {11});
  fake.fail_next_prefill([] { throw std::runtime_error("The device fell off."); });
  const auto client = ready_client();
  TestRequest failed;
  ASSERT_EQ(failed.submit(client->handle), DSOCR_OK);
  const Reading reading = failed.wait();
  EXPECT_EQ(reading.status, DSOCR_INTERNAL);
  EXPECT_EQ(reading.error, "The device fell off.");
  TestRequest next;
  ASSERT_EQ(next.submit(client->handle), DSOCR_OK);
  EXPECT_EQ(next.wait().reason, DSOCR_FINISH_STOP);
}

TEST_F(LimitsTest, FailureOfAStepEndsItsRequestsWithTheTextSoFar) {
  fake.set_answer(7, {11, 12, 13});
  fake.decoding.close();
  const auto client = ready_client();
  TestRequest failed;
  ASSERT_EQ(failed.submit(client->handle), DSOCR_OK);
  fake.decoding.let_pass(1);
  fake.decoding.wait_for_arrival(2);
  fake.fail_next_decode([] { throw EngineError(DSOCR_UNSUPPORTED, "Not today."); });
  fake.decoding.open();
  const Reading reading = failed.wait();
  EXPECT_EQ(reading.reason, DSOCR_FINISH_ERROR);
  EXPECT_EQ(reading.status, DSOCR_UNSUPPORTED);
  EXPECT_EQ(reading.ids, (std::vector<int32_t>{11, 12}));
}

TEST_F(LimitsTest, ConfidenceIsOfTheTokens) {
  fake.set_answer(7, {11, 12});
  TestRequest request;
  const Reading reading = read(request);
  EXPECT_NEAR(reading.confidence_mean, (std::exp(-0.5) + std::exp(-0.25)) / 2, 1e-6);
  EXPECT_NEAR(reading.confidence_min, std::exp(-0.5), 1e-6);
}

TEST_F(LimitsTest, TimingsAddUp) {
  fake.set_answer(7, {11, 12});
  TestRequest request;
  const DsocrTimings timings = read(request).timings;
  EXPECT_GT(timings.total, 0U);
  EXPECT_LE(timings.queued + timings.preprocess + timings.vision + timings.prefill + timings.decode, timings.total);
}

}  // namespace
}  // namespace deepseekocr::testing
