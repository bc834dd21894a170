// SPDX-License-Identifier: MIT
// Text formats, cues, areas and prompts: plain functions.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "deepseekocr/area.h"
#include "deepseekocr/settings.h"
#include "deepseekocr/text_format.h"

namespace deepseekocr::plugin {
namespace {

TEST(PlainText, NeverHasAnEmptyLine) {
  EXPECT_EQ(plain_text("\n\nTO:\n \n\t\nJane  \n\n"), "TO:\nJane");
  EXPECT_EQ(plain_text("\n \n"), "");
  EXPECT_EQ(plain_text(""), "");
}

TEST(PlainText, DropsControlCharacters) {
  EXPECT_EQ(plain_text("a\x01\r\nb\tc\x7f"), "a\nb c");
}

TEST(PlainText, KeepsUtf8) {
  EXPECT_EQ(plain_text("Zürich\n東京"), "Zürich\n東京");
}

TEST(SubtitleText, WrapsLongLinesAtBlanks) {
  const std::string line = "one two three four five six seven eight nine ten";
  EXPECT_EQ(subtitle_text(line, 20), "one two three four\nfive six seven eight\nnine ten");
}

TEST(SubtitleText, CountsCharactersNotBytes) {
  EXPECT_EQ(subtitle_text("äöü äöü", 7), "äöü äöü");
}

TEST(SubtitleText, KeepsAWordThatIsTooLong) {
  EXPECT_EQ(subtitle_text("a 0123456789 b", 4), "a\n0123456789\nb");
}

TEST(SubtitleText, HasNeitherArrowNorTag) {
  EXPECT_EQ(subtitle_text("a --> b <i>x</i> 3 < 4"), "a → b ‹i>x‹/i> 3 < 4");
}

TEST(WebVtt, EscapesWhatHasAMeaningThere) {
  EXPECT_EQ(escape_webvtt("A&B <c>"), "A&amp;B &lt;c&gt;");
}

TEST(FormatText, TakesTheFieldOfItsFormat) {
  Reading reading;
  reading.raw = "<|ref|>a<|/ref|>";
  reading.plain = "a\n\nb";
  reading.markdown = "# a\n\nb";
  EXPECT_EQ(format_text(reading, TextFormat::kRaw), reading.raw);
  EXPECT_EQ(format_text(reading, TextFormat::kPlain), "a\nb");
  EXPECT_EQ(format_text(reading, TextFormat::kMarkdown), reading.markdown);
  EXPECT_EQ(format_text(reading, TextFormat::kJson), "a\nb");
}

TEST(JsonLine, IsOneLineWithAllFields) {
  FrameInfo frame;
  frame.number = 7;
  frame.pts = 100;
  frame.page = 3;
  frame.width = 640;
  frame.height = 480;
  Reading reading;
  reading.plain = "a\n\"b\"";
  reading.regions.push_back({DSOCR_REGION_TITLE, "title", "a", {1, 2, 3, 4}});
  reading.lines = {{"a", 0.75, 0.5}, {"\"b\"", 0.5, 0.25}};
  const std::string line = json_line(frame, reading, true);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  const auto object = nlohmann::json::parse(line);
  EXPECT_EQ(object["frame-number"], 7);
  EXPECT_EQ(object["page"], 3);
  EXPECT_TRUE(object["stream-time"].is_null());
  EXPECT_EQ(object["text"], "a\n\"b\"");
  EXPECT_EQ(object["finish-reason"], "stop");
  EXPECT_EQ(object["regions"][0]["kind"], "title");
  EXPECT_EQ(object["regions"][0]["height"], 4);
  EXPECT_EQ(object["lines"][0], (nlohmann::json{{"text", "a"}, {"confidence", 0.75}, {"confidence-min", 0.5}}));
  EXPECT_EQ(object["lines"][1]["text"], "\"b\"");
}

TEST(JsonLine, ReplacesBrokenBytes) {
  Reading reading;
  reading.plain = "a\xff";
  EXPECT_EQ(nlohmann::json::parse(json_line({}, reading, true))["text"], "a\xEF\xBF\xBD");
}

TEST(JsonLine, SaysWhyAReadingFailed) {
  const auto object = nlohmann::json::parse(json_line({}, failed_reading(DSOCR_INTERNAL, "no memory"), true));
  EXPECT_EQ(object["finish-reason"], "error");
  EXPECT_EQ(object["error"], "no memory");
}

TEST(Area, ReadsPixelsAndFractions) {
  std::string error;
  const auto pixels = parse_area("0, 540,1920,540", &error);
  ASSERT_TRUE(pixels);
  EXPECT_FALSE(pixels->fractions);
  const auto fractions = parse_area("0.0,0.5,1.0,0.5", &error);
  ASSERT_TRUE(fractions);
  bool clipped = true;
  const auto rect = resolve_area(*fractions, 641, 481, &clipped);
  ASSERT_TRUE(rect);
  EXPECT_FALSE(clipped);
  EXPECT_EQ(rect->y, 240);
  EXPECT_EQ(rect->width, 641);
  EXPECT_EQ(rect->height, 241);
}

TEST(Area, RefusesWhatItDoesNotUnderstand) {
  for (const char* text : {"", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0.5,0,1,1", "0,0,0,5", "-1,0,5,5", "0.0,0.0,nan.,1.0",
                           "1.5,0.0,1.0,1.0", "1,,2,3", "99999999999,0,1,1"}) {
    std::string error;
    EXPECT_FALSE(parse_area(text, &error)) << text;
    EXPECT_NE(error.find("x,y,width,height"), std::string::npos) << error;
  }
}

TEST(Area, IsCutAtThePicture) {
  bool clipped = false;
  const auto rect = resolve_area({false, 10, 10, 100, 100}, 50, 40, &clipped);
  ASSERT_TRUE(rect);
  EXPECT_TRUE(clipped);
  EXPECT_EQ(rect->width, 40);
  EXPECT_EQ(rect->height, 30);
  EXPECT_FALSE(resolve_area({false, 50, 0, 5, 5}, 50, 40, &clipped));
}

TEST(TokenIds, ReadsAList) {
  std::string error;
  EXPECT_EQ(parse_token_ids("128821, 128822", &error), (std::vector<int32_t>{128821, 128822}));
  EXPECT_EQ(parse_token_ids("none", &error), std::vector<int32_t>());
  EXPECT_FALSE(parse_token_ids("1,x", &error));
  EXPECT_FALSE(parse_token_ids("-1", &error));
}

TEST(Prompt, AWrittenPromptWinsOverTheTask) {
  Settings settings;
  EXPECT_EQ(effective_prompt(settings), "");
  settings.task = Task::kMarkdown;
  EXPECT_EQ(effective_prompt(settings), "<|grounding|>Convert the document to markdown.");
  settings.prompt = "Read it.";
  EXPECT_EQ(effective_prompt(settings), "Read it.");
}

TEST(Prompt, ImageTagAndBlanksDoNotCount) {
  EXPECT_TRUE(is_prompt_supported("<image>\nFree OCR. ", {"Free OCR."}));
  EXPECT_FALSE(is_prompt_supported("Parse the figure.", {"Free OCR."}));
  EXPECT_TRUE(is_prompt_supported("Parse the figure.", {}));
  EXPECT_TRUE(is_prompt_supported("", {"Free OCR."}));
}

}  // namespace
}  // namespace deepseekocr::plugin
