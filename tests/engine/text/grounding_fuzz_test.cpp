// SPDX-License-Identifier: MIT
// Hostile answers: whatever the model writes, parsing ends, is linear, and leaves no grounding tag and no box outside.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "text/advancing_loop.h"
#include "text/grounding.h"

namespace deepseekocr {
namespace {

constexpr std::array<std::string_view, 28> kParts = {
    "<|ref|>",  "<|/ref|>", "<|det|>", "<|/det|>", "<|/ref|><|det|>", "<|grounding|>", "[[1, 2, 3, 4]]",
    "[[",       "1e9,",     "-5",      "]]",       "image",           "table",         "text",
    "title",    "<table>",  "<tr>",    "<td>",     "</td>",           "</tr>",         "</table>",
    "<center>", "\n",       "  ",      "&lt;",     "\xF0\x9F",        "日本",          "# word"};

void check(const std::string& text) {
  const ParsedText parsed = parse_answer(text, {10, 10, 300, 200}, 640, 480);
  for (const Region& region : parsed.regions) {
    EXPECT_GE(region.box.x, 0);
    EXPECT_GE(region.box.y, 0);
    EXPECT_GE(region.box.width, 0);
    EXPECT_GE(region.box.height, 0);
    EXPECT_LE(region.box.x + region.box.width, 640);
    EXPECT_LE(region.box.y + region.box.height, 480);
    EXPECT_LE(region.label.size(), 256U);
  }
  EXPECT_LE(parsed.plain.size(), 2 * text.size());
  find_advancing_loop(text);
}

TEST(GroundingFuzz, RandomAnswers) {
  std::mt19937 random(5);
  for (int round = 0; round < 5000; ++round) {
    std::string text;
    for (unsigned parts = random() % 40; parts-- > 0;) text += kParts[random() % kParts.size()];
    check(text);
  }
}

TEST(GroundingFuzz, AMegabyteOfEachPart) {
  for (const std::string_view part : kParts) {
    std::string text;
    while (text.size() < (1U << 20)) text += part;
    check(text);
  }
}

TEST(GroundingFuzz, AMegabyteOfMatches) {
  const std::string box = "[1,2,3,4],";
  std::string boxes;
  while (boxes.size() < (1U << 19)) boxes += box;
  check("<|ref|>" + std::string(1U << 19, 'x') + "<|/ref|><|det|>[" + boxes + "]<|/det|>");
  std::string matches;
  while (matches.size() < (1U << 20)) matches += "<|ref|>table<|/ref|><|det|>[[1,2,3,4]]<|/det|>\n<table>";
  check(matches);
}

}  // namespace
}  // namespace deepseekocr
