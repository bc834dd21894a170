// SPDX-License-Identifier: MIT
// Text on its way out: pieces, broken bytes, regions.
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
