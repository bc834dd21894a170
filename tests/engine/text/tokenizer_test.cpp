// SPDX-License-Identifier: MIT
// Properties of the tokenizer: nothing is lost, merges follow their rank, added tokens come first.
#include "text/tokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "checkpoint/error.h"
#include "official_tokenizer.h"
#include "text/utf8_stream.h"

namespace deepseekocr {
namespace {

using testing::official_tokenizer;
using Ids = std::vector<int32_t>;

std::string bytes_of(const Tokenizer& tokenizer, const Ids& ids) {
  std::string bytes;
  for (const int32_t id : ids) bytes += tokenizer.token_bytes(id);
  return bytes;
}

/// A tokenizer of letters a–d and a few merges; `rest` are further members of the file.
std::string small_file(const std::string& vocabulary, const std::string& merges, const std::string& added = "[]",
                       const std::string& options = "") {
  return R"({"added_tokens":)" + added +
         R"(,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":false},)"
         R"("decoder":{"type":"ByteLevel"},"model":{"type":"BPE",)" +
         options + R"("vocab":)" + vocabulary + R"(,"merges":)" + merges + "}}";
}

Tokenizer small(const std::string& vocabulary, const std::string& merges, const std::string& added = "[]",
                const std::string& options = "") {
  return Tokenizer::from_json(small_file(vocabulary, merges, added, options), "small.json");
}

TEST(Tokenizer, KeepsTheBytesOfRandomText) {
  std::mt19937 random(7);
  const std::string alphabet = "aZ09 \t\r\n.,-<|>&é日本한😀\xE1\xA0\x8E\xE2\x80\xA8\xCC\x81";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    const size_t length = random() % 200;
    while (text.size() < length) text += alphabet.substr(random() % alphabet.size(), random() % 6);
    EXPECT_EQ(bytes_of(official_tokenizer(), official_tokenizer().encode(text)), text);
  }
}

TEST(Tokenizer, KeepsRandomBytes) {
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    std::string text(random() % 100, '\0');
    for (char& byte : text) byte = static_cast<char>(random() % 256);
    EXPECT_EQ(bytes_of(official_tokenizer(), official_tokenizer().encode(text)), text);
  }
}

TEST(Tokenizer, DecodesWhatIsUtf8) {
  const std::string text = "naïve 日本 😀\n<td>1</td>";
  EXPECT_EQ(official_tokenizer().decode(official_tokenizer().encode(text)), text);
}

TEST(Tokenizer, DecodesBrokenBytesAsReplacementCharacters) {
  EXPECT_EQ(official_tokenizer().decode(official_tokenizer().encode("a\xFF\xE2\x82z")), "a\uFFFD\uFFFDz");
}

TEST(Tokenizer, EncodesAnEmptyText) {
  EXPECT_TRUE(official_tokenizer().encode("").empty());
}

TEST(Tokenizer, AddedTokensAreFoundInsideWords) {
  EXPECT_EQ(official_tokenizer().encode("a<td>b"), (Ids{67, 128821, 68}));
  EXPECT_EQ(bytes_of(official_tokenizer(), official_tokenizer().encode("<t<td><|ref|<|ref|>>")),
            "<t<td><|ref|<|ref|>>");
}

#ifdef __SANITIZE_ADDRESS__
constexpr size_t kLongText = 1U << 17;  // not optimised, and each step takes ten times as long
#else
constexpr size_t kLongText = 1U << 20;
#endif

TEST(Tokenizer, AMegabyteOfOneLetterIsNotQuadratic) {
  // Seconds if linear, hours if not; the test's timeout is the judge.
  for (const std::string unit : {"a", " ", "\n", "7", "日", "<", "\xFF"}) {
    std::string text;
    while (text.size() < kLongText) text += unit;
    EXPECT_EQ(bytes_of(official_tokenizer(), official_tokenizer().encode(text)), text) << unit;
  }
}

TEST(Tokenizer, MergesByRankThenFromTheLeft) {
  const Tokenizer tokenizer =
      small(R"({"a":0,"b":1,"c":2,"ab":3,"bc":4,"abc":5,"aa":6})", R"([["b","c"],["a","b"],["a","a"],["a","bc"]])");
  EXPECT_EQ(tokenizer.encode("abc"), (Ids{5}));  // bc before ab, then a+bc
  EXPECT_EQ(tokenizer.encode("ab"), (Ids{3}));
  EXPECT_EQ(tokenizer.encode("aaa"), (Ids{6, 0}));
  EXPECT_EQ(tokenizer.encode("aaaa"), (Ids{6, 6}));
}

TEST(Tokenizer, ReadsMergesWrittenAsStrings) {
  EXPECT_EQ(small(R"({"a":0,"b":1,"ab":3})", R"(["a b"])").encode("abab"), (Ids{3, 3}));
}

TEST(Tokenizer, IgnoreMergesKeepsAPieceThatIsAToken) {
  const std::string vocabulary = R"({"a":0,"b":1,"c":2,"abc":3})";
  EXPECT_EQ(small(vocabulary, "[]", "[]", R"("ignore_merges":true,)").encode("abc"), (Ids{3}));
  EXPECT_EQ(small(vocabulary, "[]").encode("abc"), (Ids{0, 1, 2}));
}

TEST(Tokenizer, AddedTokensAreLeftmostThenLongest) {
  const Tokenizer tokenizer =
      small(R"({"a":0,"b":1,"c":2})", "[]",
            R"([{"id":10,"content":"ab","special":true},{"id":11,"content":"abc","special":true},
                                        {"id":12,"content":"bcc","special":true}])");
  EXPECT_EQ(tokenizer.encode("abcc"), (Ids{11, 2}));
  EXPECT_EQ(tokenizer.encode("abab"), (Ids{10, 10}));
  EXPECT_EQ(tokenizer.encode("cbcc"), (Ids{2, 12}));
}

TEST(Tokenizer, NormalizedAddedTokensComeSecond) {
  const Tokenizer tokenizer = small(R"({"a":0,"b":1,"c":2})", "[]",
                                    R"([{"id":10,"content":"ab","normalized":true},
                                        {"id":11,"content":"bc","normalized":false}])");
  EXPECT_EQ(tokenizer.encode("abc"), (Ids{0, 11}));
  EXPECT_EQ(tokenizer.encode("ab"), (Ids{10}));
}

TEST(Tokenizer, AByteWithoutTokenIsAnErrorThatNamesIt) {
  try {
    small(R"({"a":0})", "[]").encode("aé");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("195"), std::string::npos) << error.what();
  }
}

TEST(Tokenizer, ReadsTheBundledOne) {
  const Tokenizer tokenizer = Tokenizer::from_file(BUNDLED_MODEL_DIR "/tokenizer.json");
  EXPECT_EQ(tokenizer.encode("\nFree OCR."), (Ids{3}));
  EXPECT_EQ(tokenizer.encode("\n<|grounding|>OCR this image."), (Ids{4}));
  EXPECT_EQ(tokenizer.encode("\nA b~"), (Ids{10, 44, 11, 77, 105}));
  EXPECT_EQ(tokenizer.encode("x<image>\n"), (Ids{99, 5, 10}));
  EXPECT_EQ(tokenizer.decode({10, 44, 11, 77, 105, 2}), "\nA b~</s>");
  EXPECT_EQ(tokenizer.encode("é€").size(), 2u);               // Latin-1 letters have ids of their own
  EXPECT_EQ(tokenizer.decode(tokenizer.encode("漢")), "漢");  // other text is written in bytes
  EXPECT_EQ(tokenizer.find("<image>"), 5);
  EXPECT_EQ(tokenizer.size(), 362);
}

}  // namespace
}  // namespace deepseekocr
