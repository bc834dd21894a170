// SPDX-License-Identifier: MIT
#include "text/pre_tokenizer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

using Pieces = std::vector<std::string_view>;

Pieces split(const std::string& pattern, std::string_view text) {
  return PreTokenizer({{pattern}}, "tokenizer.json").split(text);
}

TEST(PreTokenizer, KeepsMatchesAndGaps) {
  EXPECT_EQ(split("[0-9]+", "ab12c3"), (Pieces{"ab", "12", "c", "3"}));
  EXPECT_EQ(split("[0-9]+", "12"), (Pieces{"12"}));
  EXPECT_EQ(split("[0-9]+", "ab"), (Pieces{"ab"}));
  EXPECT_EQ(split("[0-9]+", ""), Pieces{});
}

TEST(PreTokenizer, AppliesPatternsInTurn) {
  const PreTokenizer splits({{"[0-9]"}, {"b"}, {"a+(?!b)"}}, "tokenizer.json");
  // The look-ahead of the last sees only its piece, in which no "b" is left.
  EXPECT_EQ(splits.split("aab1b"), (Pieces{"aa", "b", "1", "b"}));
}

TEST(PreTokenizer, KnowsUnicodeClasses) {
  EXPECT_EQ(split("\\p{N}{1,3}", "x1²Ⅷ४5"), (Pieces{"x", "1²Ⅷ", "४5"}));
  EXPECT_EQ(split("\\p{L}+", "éß1日"), (Pieces{"éß", "1", "日"}));
}

TEST(PreTokenizer, WhiteSpaceIsUnicodesWhiteSpace) {
  for (const std::string_view blank : {" ", "\t", "\n", "\v", "\f", "\r", "\u0085", "\u00A0", "\u1680", "\u2000",
                                       "\u200A", "\u2028", "\u2029", "\u202F", "\u205F", "\u3000"}) {
    const std::string text = "a" + std::string(blank) + "b";
    EXPECT_EQ(split("\\s", text), (Pieces{"a", blank, "b"}));
    EXPECT_EQ(split("[\\s]", text), (Pieces{"a", blank, "b"}));
  }
  for (const std::string_view other : {"\u180E", "\u200B", "\uFEFF", "\x1C"}) {
    const std::string text = "a" + std::string(other) + "b";
    EXPECT_EQ(split("\\s", text), Pieces{text});
    EXPECT_EQ(split("\\S+", text), Pieces{text});
  }
  EXPECT_EQ(split("\\\\s", "a\\sb s"), (Pieces{"a", "\\s", "b s"}));  // an escaped backslash, then an s
}

TEST(PreTokenizer, LiteralPatternsAreNoRegularExpressions) {
  EXPECT_EQ(PreTokenizer({{"a.\\s", true}}, "t").split("a.\\sab "), (Pieces{"a.\\s", "ab "}));
}

TEST(PreTokenizer, EmptyMatchesSplitAndEnd) {
  EXPECT_EQ(split("x*", "aéb"), (Pieces{"a", "é", "b"}));
  EXPECT_EQ(split("(?=b)", "abab"), (Pieces{"a", "ba", "b"}));
}

TEST(PreTokenizer, BrokenBytesStandAlone) {
  EXPECT_EQ(split("[a-z]+", "ab\xFF\xE2\x82zz"), (Pieces{"ab", "\xFF", "\xE2\x82", "zz"}));
}

TEST(PreTokenizer, NamesAPatternThatDoesNotCompile) {
  try {
    split("(", "");
    FAIL();
  } catch (const CheckpointError& error) {
    EXPECT_NE(std::string(error.what()).find("tokenizer.json"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("\"(\""), std::string::npos) << error.what();
  }
}

TEST(PreTokenizer, AHostilePatternEndsWithAnErrorAndNotWithLostText) {
  const std::string text(60, 'a');
  try {
    std::string together;
    for (const std::string_view piece : split("(a|a)*(a|a)*(a|a)*b", text)) together += piece;
    EXPECT_EQ(together, text);
  } catch (const EngineError& error) {
    EXPECT_EQ(error.status(), DSOCR_UNSUPPORTED);
  }
}

TEST(PreTokenizer, LongRunsOfBlanksAreLinear) {
  std::string text(1 << 20, ' ');
  text += 'x';
  const Pieces pieces = split("\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", text);
  ASSERT_EQ(pieces.size(), 3U);  // all blanks but one, one blank, x
  EXPECT_EQ(pieces[0].size(), (1U << 20) - 1);
}

}  // namespace
}  // namespace deepseekocr
