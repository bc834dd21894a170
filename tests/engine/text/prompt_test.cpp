// SPDX-License-Identifier: MIT
#include "text/prompt.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "checkpoint/error.h"
#include "official_tokenizer.h"

namespace deepseekocr {
namespace {

using testing::official_tokenizer;
using Ids = std::vector<int32_t>;

PromptIds encode(std::string_view prompt) {
  return encode_prompt(official_tokenizer(), ModelConfig(), prompt);
}

TEST(Prompt, PutsTheImageFirstWhereItIsMissing) {
  for (const std::string_view prompt :
       {"Free OCR.", "<image>\nFree OCR.", "  <image>\nFree OCR. \n", "\u3000Free OCR.\t"}) {
    EXPECT_EQ(encode(prompt).before, (Ids{0})) << prompt;
    EXPECT_EQ(encode(prompt).after, (Ids{201, 21431, 126041, 16})) << prompt;
  }
}

TEST(Prompt, EncodesEachSideAlone) {
  const PromptIds ids = encode("1<image>1.5");
  EXPECT_EQ(ids.before, (Ids{0, 19}));
  EXPECT_EQ(ids.after, (Ids{19, 16, 23}));
}

TEST(Prompt, KeepsTextBehindTheImageAsItIs) {
  EXPECT_EQ(encode("<image>Free OCR.").after, official_tokenizer().encode("Free OCR."));
  EXPECT_EQ(encode("Free OCR.\n<image>").after, Ids{});
}

TEST(Prompt, AnEmptyOneIsTheImageAndANewline) {
  EXPECT_EQ(encode("").after, (Ids{201}));
}

TEST(Prompt, RefusesTwoImages) {
  try {
    encode("<image>\n<image>");
    FAIL();
  } catch (const ArgumentError& error) {
    EXPECT_NE(std::string(error.what()).find("<image>"), std::string::npos);
  }
}

TEST(Prompt, BosIsThatOfTheModel) {
  ModelConfig config;
  config.decoder.bos_id = 7;
  EXPECT_EQ(encode_prompt(official_tokenizer(), config, "x").before, (Ids{7}));
}

TEST(Prompt, DefaultsToTheFirstSupportedOne) {
  ModelConfig config;
  EXPECT_EQ(default_prompt(config), "Free OCR.");
  config.supported_prompts = {"Read.", "Free OCR."};
  EXPECT_EQ(default_prompt(config), "Read.");
}

TEST(Prompt, SupportLooksAtTheWordsOnly) {
  ModelConfig config;
  EXPECT_TRUE(is_supported_prompt(config, "anything"));
  config.supported_prompts = {"<image>\nFree OCR."};
  for (const std::string_view prompt :
       {"Free OCR.", "<image>\nFree OCR. ", "<image> Free OCR.", "Free OCR.\n<image>"}) {
    EXPECT_TRUE(is_supported_prompt(config, prompt)) << prompt;
  }
  for (const std::string_view prompt : {"Free OCR", "free ocr.", "", "<image>"}) {
    EXPECT_FALSE(is_supported_prompt(config, prompt)) << prompt;
  }
}

}  // namespace
}  // namespace deepseekocr
