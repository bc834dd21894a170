// SPDX-License-Identifier: MIT
// The official tokenizer against ids from an independent implementation.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "official_tokenizer.h"

namespace deepseekocr {
namespace {

using testing::official_tokenizer;

struct Golden {
  std::string text;
  std::vector<int32_t> ids;
};

std::vector<Golden> read_goldens() {
  std::ifstream file(TEST_DATA_DIR "/official/tokenizer_golden.json");
  const nlohmann::json json = nlohmann::json::parse(file);
  std::vector<Golden> goldens;
  for (const auto& item : json.at("cases")) goldens.push_back({item.at("text"), item.at("ids")});
  return goldens;
}

TEST(TokenizerGolden, EncodesEveryText) {
  const std::vector<Golden> goldens = read_goldens();
  ASSERT_EQ(goldens.size(), 26U);
  for (const Golden& golden : goldens) EXPECT_EQ(official_tokenizer().encode(golden.text), golden.ids) << golden.text;
}

TEST(TokenizerGolden, DecodesEveryText) {
  for (const Golden& golden : read_goldens()) EXPECT_EQ(official_tokenizer().decode(golden.ids), golden.text);
}

TEST(TokenizerGolden, KnowsItsSpecialTokens) {
  const std::vector<std::pair<std::string, int32_t>> tokens = {{"<｜begin▁of▁sentence｜>", 0},
                                                               {"<｜end▁of▁sentence｜>", 1},
                                                               {"<image>", 128815},
                                                               {"<|ref|>", 128816},
                                                               {"<|/ref|>", 128817},
                                                               {"<|det|>", 128818},
                                                               {"<|/det|>", 128819},
                                                               {"<|grounding|>", 128820},
                                                               {"<td>", 128821},
                                                               {"</td>", 128822},
                                                               {"<tr>", 128823},
                                                               {"</tr>", 128824}};
  for (const auto& [text, id] : tokens) {
    EXPECT_EQ(official_tokenizer().find(text), id) << text;
    EXPECT_EQ(official_tokenizer().token_bytes(id), text);
    EXPECT_EQ(official_tokenizer().encode(text), std::vector<int32_t>{id}) << text;
  }
  EXPECT_EQ(official_tokenizer().size(), 128827);
}

TEST(TokenizerGolden, IdsWithoutTokenAreEmpty) {
  for (const int32_t id : {128827, 129279, 1 << 30, -1}) EXPECT_EQ(official_tokenizer().token_bytes(id), "") << id;
  EXPECT_EQ(official_tokenizer().decode({19, 129000, 19}), "11");
}

}  // namespace
}  // namespace deepseekocr
