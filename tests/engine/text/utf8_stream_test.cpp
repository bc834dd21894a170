// SPDX-License-Identifier: MIT
#include "text/utf8_stream.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "text/utf8.h"

namespace deepseekocr {
namespace {

struct Case {
  std::string bytes;
  std::string text;
};

std::string from_hex(const std::string& hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return bytes;
}

std::vector<Case> read_cases() {
  std::ifstream file(TEST_DATA_DIR "/text/utf8_replacement.tsv");
  std::vector<Case> cases;
  std::string bytes;
  std::string text;
  while (file >> bytes >> text) cases.push_back({from_hex(bytes), from_hex(text)});
  return cases;
}

std::string decode(const std::vector<std::string_view>& pieces) {
  Utf8Stream stream;
  std::string text;
  for (const std::string_view piece : pieces) text += stream.push(piece);
  return text + stream.finish();
}

TEST(Utf8Stream, ReplacesAsPythonDoes) {
  const std::vector<Case> cases = read_cases();
  ASSERT_EQ(cases.size(), 1500U);
  for (const Case& item : cases) EXPECT_EQ(decode({item.bytes}), item.text);
}

TEST(Utf8Stream, CutsDoNotMatter) {
  std::vector<Case> cases = read_cases();
  cases.push_back({"aé日😀z", "aé日😀z"});
  for (const Case& item : cases) {
    const std::string_view bytes = item.bytes;
    for (size_t i = 0; i <= bytes.size(); ++i) {
      for (size_t j = i; j <= bytes.size(); ++j) {
        ASSERT_EQ(decode({bytes.substr(0, i), bytes.substr(i, j - i), bytes.substr(j)}), item.text) << i << ' ' << j;
      }
    }
  }
}

TEST(Utf8Stream, HandsOutACharacterWithItsLastByte) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push("a\xF0\x9F"), "a");
  EXPECT_EQ(stream.push("\x98"), "");
  EXPECT_EQ(stream.push("\x80z"), "😀z");
  EXPECT_EQ(stream.finish(), "");
  EXPECT_FALSE(stream.replaced());
}

TEST(Utf8Stream, SaysThatItReplaced) {
  Utf8Stream broken;
  broken.push("\xFF");
  EXPECT_TRUE(broken.replaced());
  Utf8Stream unfinished;
  unfinished.push("\xE2\x82");
  EXPECT_FALSE(unfinished.replaced());
  EXPECT_EQ(unfinished.finish(), "\uFFFD");
  EXPECT_TRUE(unfinished.replaced());
}

TEST(Utf8Stream, ReplacesNul) {
  Utf8Stream stream;
  EXPECT_EQ(stream.push(std::string_view("a\0b", 3)), "a\uFFFDb");
  EXPECT_TRUE(stream.replaced());
}

TEST(Utf8, StripsAllWhiteSpace) {
  EXPECT_EQ(strip_white_space(" \t\n\u00A0\u3000a b\u2003\r\n\x1C"), "a b");
  EXPECT_EQ(strip_white_space(" \u2028 "), "");
  EXPECT_EQ(strip_white_space(""), "");
  EXPECT_EQ(strip_white_space("\xA0 x \x85"), "\xA0 x \x85");  // not UTF-8: kept
  EXPECT_EQ(strip_white_space("\u180E"), "\u180E");            // no white space since Unicode 6.3
}

TEST(Utf8, PrefixCutsNoCharacter) {
  EXPECT_EQ(utf8_prefix("aé", 3), "aé");
  EXPECT_EQ(utf8_prefix("aé", 2), "a");
  EXPECT_EQ(utf8_prefix("😀", 3), "");
  EXPECT_EQ(valid_utf8_prefix("aé\xFFz"), 3U);
}

}  // namespace
}  // namespace deepseekocr
