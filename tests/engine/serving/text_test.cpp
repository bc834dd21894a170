// SPDX-License-Identifier: MIT
// Text on its way out: pieces, broken bytes, regions.
#include <cmath>

#include "serving/line_confidence.h"
#include "serving_fixture.h"

namespace deepseekocr::testing {
namespace {

class TextTest : public ServingTest {
 protected:
  void SetUp() override {
    ServingTest::SetUp();
    folder.add_tokenizer();
  }
  Reading read(const std::vector<int32_t>& answer) {
    fake.set_answer(7, answer);
    const auto client = ready_client();
    EXPECT_EQ(request.submit(client->handle), DSOCR_OK);
    return request.wait();
  }
  TestRequest request;
};

TEST_F(TextTest, PiecesAreTheText) {
  const Reading reading = read(ids_of("Invoice 42\nTotal: 3.14"));
  EXPECT_EQ(reading.text, "Invoice 42\nTotal: 3.14");
  EXPECT_EQ(reading.pieces, reading.text);
  EXPECT_FALSE(reading.invalid_utf8);
}

TEST_F(TextTest, CharactersSplitBetweenTokensComeWhole) {
  const std::string text = "Größe 5 µm — 漢字 🙂";
  const Reading reading = read(ids_of(text));  // one token for each byte
  EXPECT_EQ(reading.text, text);
  EXPECT_EQ(reading.pieces, text);
}

TEST_F(TextTest, CharactersAreHeldBackUntilTheyAreWhole) {
  fake.set_answer(7, ids_of("aß"));
  fake.decoding.close();
  const auto client = ready_client();
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  fake.decoding.let_pass(1);
  fake.decoding.wait_for_arrival(2);  // "a" and the first byte of "ß" are there
  request.wait_for_text("a");
  fake.decoding.let_pass(1);
  request.wait_for_text("aß");
  fake.decoding.open();
  EXPECT_EQ(request.wait().text, "aß");
}

TEST_F(TextTest, BrokenBytesAreReplacedAndMarked) {
  const Reading reading = read(ids_of("a\xC3(\xFF"));
  EXPECT_EQ(reading.text, "a\uFFFD(\uFFFD");
  EXPECT_EQ(reading.pieces, reading.text);
  EXPECT_TRUE(reading.invalid_utf8);
}

TEST_F(TextTest, UnfinishedCharacterAtTheEndIsReplaced) {
  const Reading reading = read(ids_of("a\xE2\x82"));
  EXPECT_EQ(reading.text, "a\uFFFD");
  EXPECT_EQ(reading.pieces, reading.text);
  EXPECT_TRUE(reading.invalid_utf8);
}

TEST_F(TextTest, RegionsArePixelsOfTheWholePicture) {
  std::vector<int32_t> answer = {403};
  const auto append = [&answer](const std::vector<int32_t>& ids) {
    answer.insert(answer.end(), ids.begin(), ids.end());
  };
  append(ids_of("text"));
  append({404, 405});
  append(ids_of("[[0, 0, 999, 999]]"));
  append({406});
  append(ids_of("\nHello"));
  request.request.image.area = {16, 8, 32, 40};
  const Reading reading = read(answer);
  ASSERT_EQ(reading.boxes.size(), 1U);
  EXPECT_EQ(reading.boxes[0].x, 16);
  EXPECT_EQ(reading.boxes[0].y, 8);
  EXPECT_LE(reading.boxes[0].width, 32);
  EXPECT_GE(reading.boxes[0].width, 31);
  EXPECT_EQ(reading.labels[0], "text");
  EXPECT_EQ(reading.plain_text.find("<|"), std::string::npos);
  EXPECT_NE(reading.plain_text.find("Hello"), std::string::npos);
}

TEST_F(TextTest, LinesComeWithoutTagsAndEmptyOnes) {
  std::vector<int32_t> answer = ids_of("\nInvoice 42\n\n");
  answer.push_back(403);
  for (const int32_t id : ids_of("Total: 3")) answer.push_back(id);
  for (const int32_t id : {404, 405}) answer.push_back(id);
  for (const int32_t id : ids_of("[[0, 0, 9, 9]]")) answer.push_back(id);
  answer.push_back(406);
  const Reading reading = read(answer);
  ASSERT_EQ(reading.lines.size(), 2U);
  EXPECT_EQ(reading.lines[0].first, "Invoice 42");
  EXPECT_EQ(reading.lines[1].first, "Total: 3");
  for (const auto& [text, confidence] : reading.lines) EXPECT_GT(confidence, 0.0F) << text;
}

/// Means of the lines of an answer whose tokens are `pieces` and have the probabilities 0.9, 0.8, 0.7, …
std::vector<double> means_of_lines(const std::vector<std::string>& pieces) {
  std::string text;
  std::vector<size_t> ends;
  std::vector<float> log_probabilities;
  for (const std::string& piece : pieces) {
    text += piece;
    ends.push_back(text.size());
    log_probabilities.push_back(std::log(1.0F - 0.1F * static_cast<float>(ends.size())));
  }
  std::vector<double> means;
  for (const AnswerLine& line : answer_lines(text, ends, log_probabilities)) means.push_back(line.confidence.mean);
  return means;
}

void expect_means(const std::vector<std::string>& pieces, const std::vector<double>& expected) {
  const auto means = means_of_lines(pieces);
  ASSERT_EQ(means.size(), expected.size());
  for (size_t i = 0; i < means.size(); ++i) EXPECT_NEAR(means[i], expected[i], 1e-6) << i;
}

TEST(AnswerLines, AreSureAsTheirTokens) {
  expect_means({"Pier", " 14", "\n", "noon"}, {0.85, 0.6});
  expect_means({"Pier", " 14.\n", "noon"}, {0.85, 0.7});
  expect_means({"\n\n", "Pier", "\n\n", "noon", "\n"}, {0.8, 0.6});
  expect_means({"Pier", "\nnoon"}, {0.9, 0.8});
  expect_means({}, {});
}

TEST(AnswerLines, AnUnfinishedCharacterCountsWhereItEnds) {
  expect_means({"a", "\n", "", "\u00DF"}, {0.9, 0.65});
}

TEST(AnswerLines, KnowTheLeastProbability) {
  const std::vector<float> log_probabilities = {std::log(0.5F), std::log(0.25F)};
  const auto lines = answer_lines("ab", {1, 2}, log_probabilities);
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_NEAR(lines[0].confidence.least, 0.25, 1e-6);
}

TEST_F(TextTest, PromptTextIsEncoded) {
  request.use_prompt("Hi");
  fake.set_answer(ids_of("\n")[0], ids_of("yes"));
  const auto client = ready_client();
  ASSERT_EQ(request.submit(client->handle), DSOCR_OK);
  const Reading reading = request.wait();
  EXPECT_EQ(reading.text, "yes") << reading.error;
  EXPECT_EQ(reading.prompt_tokens, 73 + 1 + 3);  // image, BOS, "\nHi"
}

}  // namespace
}  // namespace deepseekocr::testing
