// SPDX-License-Identifier: MIT
#include "line_vote.h"

#include <gtest/gtest.h>

#include "alignment.h"

namespace live_labels {
namespace {

LineVote vote_on(const std::vector<std::pair<const char*, double>>& readings) {
  LineVote vote;
  for (const auto& [text, weight] : readings) vote.add(to_code_points(text), weight);
  return vote;
}

std::string winner(const std::vector<std::pair<const char*, double>>& readings, size_t support = 1) {
  return vote_on(readings).winner(support).text;
}

double alike(const char* line, const char* text) {
  return vote_on({{line, 1}}).similarity_to(to_code_points(text));
}

TEST(CodePoints, SurviveAndBrokenBytesAreReplaced) {
  for (const char* text : {"", "abc", "Größe 5 µm", "漢字", "😀!"}) EXPECT_EQ(to_utf8(to_code_points(text)), text);
  EXPECT_EQ(to_code_points("漢字").size(), 2U);
  EXPECT_EQ(to_utf8(to_code_points("a\xff"
                                   "b\xe6\xbc")),
            "a\xef\xbf\xbd"
            "b\xef\xbf\xbd");
}

TEST(Align, PartsLieWhereTheyBelong) {
  const Alignment part = align(U"TRACKING 12345", U"KING 12");
  EXPECT_EQ(part.begin, 4U);
  EXPECT_EQ(part.end, 11U);
  EXPECT_EQ(part.matches, 7U);
  const Alignment beyond = align(U"KING 12", U"TRACKING 12345");
  EXPECT_EQ(beyond.begin, 0U);
  EXPECT_EQ(beyond.end, 7U);
  const Alignment none = align(U"abc", U"");
  EXPECT_EQ(none.begin, none.end);
}

TEST(LineVote, NothingWinsWithoutReadings) {
  EXPECT_EQ(LineVote().winner(2).text, "");
  EXPECT_EQ(LineVote().similarity_to(U"x"), 0.0);
}

TEST(LineVote, EachCharacterIsVotedOn) {
  // Every reading has a mistake, the vote has none.
  EXPECT_EQ(winner({{"0RDER 58213", 1}, {"ORDER 5B213", 1}, {"ORDEK 58213", 1}}), "ORDER 58213");
}

TEST(LineVote, MissingAndAdditionalCharactersAreVotedOn) {
  EXPECT_EQ(winner({{"ORDER 5213", 1}, {"ORDER 58213", 1}, {"ORDER 58213", 1}, {"ORDER 588213", 1}}), "ORDER 58213");
  EXPECT_EQ(winner({{"BATCH C17", 1}, {"BATCH C-17", 1}, {"BATCH C-17", 1}}), "BATCH C-17");
}

TEST(LineVote, WeightDecides) {
  EXPECT_EQ(winner({{"QTY 12", 0.2}, {"QTY 12", 0.2}, {"QTY 17", 0.9}}), "QTY 17");
}

TEST(LineVote, PartsAbstainOutsideOfWhatTheySaw) {
  EXPECT_EQ(winner({{"TRACKING 98", 1}, {"TRACKING 986728", 1}, {"KING 986728138", 1}, {"G 986728138", 1}}, 2),
            "TRACKING 986728138");
}

TEST(LineVote, EndsNeedSupport) {
  EXPECT_EQ(winner({{"LABEL 4711", 1}, {"LABEL 4711", 1}, {"LABEL 4711 4711", 9}}, 2), "LABEL 4711");
  EXPECT_EQ(winner({{"LABEL 4711", 1}}, 2), "LABEL 4711");
}

TEST(LineVote, AgreementTellsHowClearItWas) {
  EXPECT_DOUBLE_EQ(vote_on({{"AB", 1}, {"AB", 1}}).winner(1).agreement, 1.0);
  EXPECT_DOUBLE_EQ(vote_on({{"AB", 3}, {"AC", 1}}).winner(1).agreement, (1.0 + 0.75) / 2);
}

TEST(LineVote, CharactersAreNotBytes) {
  EXPECT_EQ(winner({{"Größe", 1}, {"Grõße", 1}, {"Größe", 1}}), "Größe");
}

TEST(LineVote, OnlyTheHeaviestReadingsAreKept) {
  LineVote vote;
  for (int i = 0; i < 100; ++i) vote.add(U"wrong", 0.1);
  for (size_t i = 0; i < LineVote::kMostReadings; ++i) vote.add(U"right", 1);
  EXPECT_EQ(vote.readings(), LineVote::kMostReadings);
  EXPECT_EQ(vote.winner(1).text, "right");
  EXPECT_DOUBLE_EQ(vote.winner(1).agreement, 1.0);
}

TEST(LineVote, LongLinesAreCut) {
  LineVote vote;
  vote.add(std::u32string(100000, U'x'), 1);
  EXPECT_EQ(vote.winner(1).text.size(), 256U);
}

TEST(Similarity, PartsAndMistakesAreAlike) {
  EXPECT_EQ(alike("TRACKING 98672813", "KING 98672"), 1.0);
  EXPECT_GT(alike("DELIVER TO", "DELVER T0"), 0.5);
  EXPECT_LT(alike("DELIVER TO", "FRAGILE"), 0.3);
  EXPECT_LT(alike("TRACKING 98672813", "1"), 0.2);  // too short to say anything
  EXPECT_EQ(alike("QTY", "QTY"), 1.0);
}

}  // namespace
}  // namespace live_labels
