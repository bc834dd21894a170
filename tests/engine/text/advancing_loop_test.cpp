// SPDX-License-Identifier: MIT
#include "text/advancing_loop.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>
#include <string>

namespace deepseekocr {
namespace {

std::string repeat(int count, const std::function<std::string(int)>& block) {
  std::string text;
  for (int i = 0; i < count; ++i) text += block(i);
  return text;
}

std::string match(const std::string& label, int x, int y, int height = 10) {
  return "<|ref|>" + label + "<|/ref|><|det|>[[" + std::to_string(x) + ", " + std::to_string(y) + ", " +
         std::to_string(x + 100) + ", " + std::to_string(y + height) + "]]<|/det|>\n";
}

std::string sentence(int i) {
  return match("text", 50, 7 * i) + "The quick brown fox was here.  \n\n";
}

TEST(AdvancingLoop, FindsBlocksThatMoveDownForEver) {
  const std::string start = match("title", 1, 1) + "# A page\n\n";
  const std::string text = start + repeat(40, sentence);
  const std::optional<size_t> keep = find_advancing_loop(text);
  ASSERT_TRUE(keep);
  EXPECT_EQ(text.substr(0, *keep), start + sentence(0));
}

TEST(AdvancingLoop, FindsNumbersThatCountOn) {
  const auto block = [](int i) {
    return match("text", 50, 7 * i) + "Question number " + std::to_string(i) + " is:\n\n";
  };
  EXPECT_TRUE(find_advancing_loop(repeat(40, block)));
}

TEST(AdvancingLoop, FindsLinesOfOneAnswer) {
  const auto line = [](int i) { return match("Signature of the applicant", 50, 20 * i); };
  EXPECT_TRUE(find_advancing_loop(repeat(20, line)));
  const auto plain = [](int i) { return "Chapter " + std::to_string(i) + " of the whole story\n"; };
  EXPECT_TRUE(find_advancing_loop(repeat(30, plain)));
}

TEST(AdvancingLoop, FindsShortTextLater) {
  const auto block = [](int i) { return match("text", 50, 7 * i) + "Yes\n\n"; };
  EXPECT_FALSE(find_advancing_loop(repeat(50, block)));
  EXPECT_TRUE(find_advancing_loop(repeat(80, block)));
}

TEST(AdvancingLoop, AllowsSomeJitterOfBoxes) {
  const auto block = [](int i) { return match("text", 50 + i % 2, 7 * i + i % 2) + "The quick brown fox is here.\n"; };
  EXPECT_TRUE(find_advancing_loop(repeat(40, block)));
}

TEST(AdvancingLoop, ElevenBlocksAreNotTwelve) {
  // A block is complete when the next one begins.
  EXPECT_FALSE(find_advancing_loop(repeat(12, sentence)));
  EXPECT_TRUE(find_advancing_loop(repeat(13, sentence)));
}

TEST(AdvancingLoop, CutsDoNotMatter) {
  const std::string text = "Intro\n" + repeat(16, sentence);
  const std::optional<size_t> whole = find_advancing_loop(text);
  ASSERT_TRUE(whole);
  for (size_t size = 1; size < 60; ++size) {
    AdvancingLoopDetector detector;
    std::optional<size_t> keep;
    for (size_t i = 0; i < text.size() && !keep; i += size) keep = detector.push(text.substr(i, size));
    EXPECT_EQ(keep, whole) << size;
  }
}

TEST(AdvancingLoop, LetsTablesOfNumbersPass) {
  const auto row = [](int i) {
    return "<tr><td>" + std::to_string(i * i * 37 % 1000) + "." + std::to_string(i * 7919 % 100) + "</td></tr>\n";
  };
  EXPECT_FALSE(find_advancing_loop(match("table", 1, 1) + "<table>" + repeat(200, row) + "</table>"));
  EXPECT_FALSE(find_advancing_loop(repeat(200, row)));
  const auto cell = [](int i) { return match(std::to_string(i * 7919 % 10000), 50, 4 * i); };
  EXPECT_FALSE(find_advancing_loop(repeat(200, cell)));
}

TEST(AdvancingLoop, LetsStatementsPass) {
  const auto row = [](int i) {
    return "0" + std::to_string(i % 9 + 1) + "/02 CARD PAYMENT TO THE GROCER " + std::to_string(i * 7919 % 300) + "." +
           std::to_string(i * 31 % 100) + "\n";
  };
  EXPECT_FALSE(find_advancing_loop(repeat(60, row)));
}

TEST(AdvancingLoop, LetsNumberedListsPass) {
  const char* const words[] = {"apples from the garden", "pears of the neighbour", "plums from the market"};
  const auto item = [&](int i) { return std::to_string(i + 1) + ". " + words[i % 3] + "\n"; };
  EXPECT_FALSE(find_advancing_loop(repeat(100, item)));
  const auto number = [](int i) { return std::to_string(i + 1) + "\n"; };
  EXPECT_FALSE(find_advancing_loop(repeat(300, number)));
}

TEST(AdvancingLoop, LetsRulesAndEmptyLinesPass) {
  EXPECT_FALSE(find_advancing_loop(std::string(10000, '\n')));
  EXPECT_FALSE(find_advancing_loop(repeat(300, [](int) { return "--------\n"; })));
}

TEST(AdvancingLoop, LetsColumnsOfEqualWordsPass) {
  EXPECT_FALSE(find_advancing_loop(repeat(40, [](int i) { return match("EUR", 800, 20 * i); })));
}

TEST(AdvancingLoop, HugeNumbersAreNoRun) {
  const std::string huge(400, '9');
  EXPECT_FALSE(find_advancing_loop(repeat(100, [&](int) { return "The number of all things is " + huge + "\n"; })));
}

}  // namespace
}  // namespace deepseekocr
