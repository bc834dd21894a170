// SPDX-License-Identifier: MIT
#include "text/grounding.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace deepseekocr {
namespace {

ParsedText parse(std::string_view text) {
  return parse_answer(text, {0, 0, 999, 999}, 999, 999);
}

std::string match(const std::string& label, const std::string& coordinates = "[[1, 2, 3, 4]]") {
  return "<|ref|>" + label + "<|/ref|><|det|>" + coordinates + "<|/det|>";
}

TEST(Grounding, TextWithoutTagsStaysAsItIs) {
  const ParsedText parsed = parse("TRACKING #: 42 7834 9736\n  PO  12 <b> &amp; \\coloneqq ....\n");
  EXPECT_EQ(parsed.plain, "TRACKING #: 42 7834 9736\n  PO  12 <b> &amp; \\coloneqq ....");
  EXPECT_EQ(parsed.markdown, parsed.plain);
  EXPECT_TRUE(parsed.regions.empty());
}

TEST(Grounding, AnEmptyAnswerIsEmpty) {
  EXPECT_EQ(parse("").plain, "");
  EXPECT_EQ(parse(" \n\n").markdown, "");
}

TEST(Grounding, ReadsALayoutAnswer) {
  const ParsedText parsed =
      parse(match("title", "[[10, 20, 110, 40]]") + "\n# Head\n\n" + match("text", "[[10, 50, 500, 90]]") +
            "\nOne  \ntwo.  \n\n" + match("equation", "[[1, 1, 2, 2]]") + "\n\\[ a \\coloneqq b \\eqqcolon c \\]");
  EXPECT_EQ(parsed.plain, "Head\n\nOne\ntwo.\n\n\\[ a \\coloneqq b \\eqqcolon c \\]");
  EXPECT_EQ(parsed.markdown, "# Head\n\nOne  \ntwo.  \n\n\\[ a := b =: c \\]");
  ASSERT_EQ(parsed.regions.size(), 3U);
  EXPECT_EQ(parsed.regions[0].kind, DSOCR_REGION_TITLE);
  EXPECT_EQ(parsed.regions[0].label, "title");
  EXPECT_EQ(parsed.regions[0].text, "# Head");
  EXPECT_EQ(parsed.regions[0].box, (Rect{10, 20, 100, 20}));
  EXPECT_EQ(parsed.regions[1].kind, DSOCR_REGION_TEXT);
  EXPECT_EQ(parsed.regions[1].text, "One  \ntwo.");
  EXPECT_EQ(parsed.regions[2].kind, DSOCR_REGION_TEXT);
}

TEST(Grounding, LinesAreTheirLabels) {
  const ParsedText parsed =
      parse(match("SHIP TO:", "[[1, 1, 5, 5]]") + "\n" + match("Ulric Cawthorne") + "\n" + match("title") + "\n");
  EXPECT_EQ(parsed.plain, "SHIP TO:\nUlric Cawthorne\ntitle");
  EXPECT_EQ(parsed.markdown, "SHIP TO:\nUlric Cawthorne\ntitle");
  ASSERT_EQ(parsed.regions.size(), 3U);
  for (const Region& region : parsed.regions) {
    EXPECT_EQ(region.kind, DSOCR_REGION_TEXT);
    EXPECT_EQ(region.text, region.label);
  }
}

TEST(Grounding, LinesWithoutNewlinesBetweenThem) {
  EXPECT_EQ(parse(match("a") + match("b")).plain, "a\nb");
  EXPECT_EQ(parse(match("a") + match("b")).markdown, "a\nb");
}

TEST(Grounding, UnknownLabelsOfALayoutAnswerAreOther) {
  const ParsedText parsed = parse(match("text") + "\nA\n" + match("text") + "\nB\n" + match("seal") + "\n");
  ASSERT_EQ(parsed.regions.size(), 3U);
  EXPECT_EQ(parsed.regions[2].kind, DSOCR_REGION_OTHER);
  EXPECT_EQ(parsed.regions[2].text, "");
  EXPECT_EQ(parsed.plain, "A\n\nB");
}

TEST(Grounding, SeveralBoxesOfOneLabel) {
  const ParsedText parsed = parse(match("word", "[[1, 2, 3, 4], [5, 6, 7, 8]]"));
  ASSERT_EQ(parsed.regions.size(), 2U);
  EXPECT_EQ(parsed.regions[0].text, "word");
  EXPECT_EQ(parsed.regions[1].text, "");
  EXPECT_EQ(parsed.regions[1].label, "word");
  EXPECT_EQ(parsed.regions[1].box, (Rect{5, 6, 2, 2}));
  EXPECT_EQ(parsed.plain, "word");
}

TEST(Grounding, PicturesAreCountedByBoxes) {
  const ParsedText parsed = parse(match("image", "[[1, 1, 2, 2], [3, 3, 4, 4]]") + "\n" + match("image_caption") +
                                  "\n<center>Fig. 1</center>\n\n" + match("image", "broken") + match("image"));
  EXPECT_EQ(parsed.markdown, "![](images/0.jpg)\n![](images/1.jpg)\n\n<center>Fig. 1</center>\n\n![](images/2.jpg)");
  EXPECT_EQ(parsed.plain, "Fig. 1");
  ASSERT_EQ(parsed.regions.size(), 4U);
  EXPECT_EQ(parsed.regions[0].kind, DSOCR_REGION_IMAGE);
  EXPECT_EQ(parsed.regions[2].kind, DSOCR_REGION_TEXT);
  EXPECT_EQ(parsed.regions[2].text, "Fig. 1");
}

TEST(Grounding, OnlyAnswersWithOtherMatchesHaveTheirFormulasRewritten) {
  EXPECT_EQ(parse(match("image") + "\n\\coloneqq").markdown, "![](images/0.jpg)\n\n\\coloneqq");
}

const char* const kTable = "<table><tr><td>a</td><td>b</td></tr></table>";

TEST(Grounding, ATableBehindItsCaptionBelongsToTheTable) {
  const ParsedText parsed = parse(match("table", "[[1, 1, 9, 9]]") + "\n" + match("table_caption") + "\nTable 1  \n\n" +
                                  kTable + "\n\n" + match("text") + "\nEnd");
  ASSERT_EQ(parsed.regions.size(), 3U);
  EXPECT_EQ(parsed.regions[0].kind, DSOCR_REGION_TABLE);
  EXPECT_EQ(parsed.regions[0].text, kTable);
  EXPECT_EQ(parsed.regions[1].text, "Table 1");
  EXPECT_EQ(parsed.plain, "Table 1\n\na\tb\n\nEnd");
}

TEST(Grounding, ATableWithItsContentIsNotWaiting) {
  const ParsedText parsed = parse(match("table_caption") + "\nTable 1\n" + match("table") + "\n\n" + kTable + "\n" +
                                  match("text") + "\n" + kTable);
  ASSERT_EQ(parsed.regions.size(), 3U);
  EXPECT_EQ(parsed.regions[1].text, kTable);
  EXPECT_EQ(parsed.regions[2].text, kTable);
}

TEST(Grounding, TextAroundABoundTableStays) {
  const ParsedText parsed = parse(match("table") + "\n" + match("table_caption") + "\nT\n" + kTable + "\nnote");
  EXPECT_EQ(parsed.regions[0].text, kTable);
  EXPECT_EQ(parsed.regions[1].text, "T\nnote");
}

TEST(Grounding, NumbersThatCannotBeReadGiveNoRegion) {
  const ParsedText parsed = parse(match("text", "[[1, 2, 3, __import__('os')]]") + "\nHello");
  EXPECT_EQ(parsed.plain, "Hello");
  EXPECT_EQ(parsed.markdown, "Hello");
  EXPECT_TRUE(parsed.regions.empty());
}

TEST(Grounding, AnAnswerThatWasCutOffKeepsItsTextAndNoTags) {
  const std::string start = match("text") + "\nHello\n\n";
  EXPECT_EQ(parse(start + "<|ref|>text<|/ref|><|det|>[[12, 3").plain, "Hello");
  EXPECT_EQ(parse(start + "<|ref|>text<|/ref|><|det|>").markdown, "Hello");
  EXPECT_EQ(parse(start + "<|ref|>text<|/ref|>").plain, "Hello\n\ntext");
  EXPECT_EQ(parse("<|ref|>").plain, "");
}

TEST(Grounding, AnUnfinishedTagDoesNotSwallowTheNextBlock) {
  const ParsedText parsed = parse("<|ref|>text<|/ref|><|det|>[[1, 2,\nFirst\n" + match("text") + "\nSecond");
  EXPECT_EQ(parsed.plain, "First\n\nSecond");
  EXPECT_EQ(parsed.regions.size(), 1U);
  EXPECT_EQ(parse("Find <|ref|>the door<|/ref|> here: " + match("text") + "\nx").plain, "Find the door here:\n\nx");
}

TEST(Grounding, NothingMayStandBetweenTheGroups) {
  const ParsedText parsed = parse("<|ref|>text<|/ref|> <|det|>[[1, 2, 3, 4]]<|/det|>");
  EXPECT_TRUE(parsed.regions.empty());
  EXPECT_EQ(parsed.plain, "text [[1, 2, 3, 4]]");
}

TEST(Grounding, BoxesMoveWithTheArea) {
  const ParsedText parsed = parse_answer(match("text", "[[0, 0, 999, 999]]") + "\nx", {100, 50, 200, 80}, 640, 480);
  ASSERT_EQ(parsed.regions.size(), 1U);
  EXPECT_EQ(parsed.regions[0].box, (Rect{100, 50, 200, 80}));
}

TEST(Grounding, LongLabelsAreCut) {
  const std::string line(1000, 'x');
  const ParsedText parsed = parse(match(line, "[[1, 2, 3, 4], [5, 6, 7, 8]]"));
  ASSERT_EQ(parsed.regions.size(), 2U);
  EXPECT_EQ(parsed.regions[0].text, line);
  EXPECT_EQ(parsed.regions[0].label, line.substr(0, 256));
}

}  // namespace
}  // namespace deepseekocr
