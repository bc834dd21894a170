// SPDX-License-Identifier: MIT
// Several readings of one text: what to read again, and what they say together.  No element, no engine.
#include <gtest/gtest.h>

#include <algorithm>

#include "deepseekocr/reading.h"
#include "deepseekocr/timing/group_reads.h"
#include "deepseekocr/timing/letter_vote.h"
#include "deepseekocr/timing/reading_view.h"

namespace deepseekocr::plugin {
namespace {

std::string vote(std::initializer_list<const char*> texts) {
  std::vector<Ballot> ballots;
  for (const char* text : texts) ballots.push_back({text, 1});
  return vote_by_letter(ballots).text;
}

// ------------------------------------------------------------------------------------------------ letters

TEST(LetterVote, TakesTheMajorityAtEachPlace) {
  EXPECT_EQ(vote({}), "");
  EXPECT_EQ(vote({"one"}), "one");
  EXPECT_EQ(vote({"the Gth of May", "the 6th of Hay", "tbe 6th of May"}), "the 6th of May");
}

TEST(LetterVote, LettersTooManyAndTooFew) {
  EXPECT_EQ(vote({"eleve crates", "eleven crates", "eleven crate"}), "eleven crates");
  EXPECT_EQ(vote({"said ithat", "said that", "sai that"}), "said that");
  EXPECT_EQ(vote({"Works\nit", "Works\",\nit", "Works\",\nit"}), "Works\",\nit");
  EXPECT_EQ(vote({"Run", "Run!", "Run!"}), "Run!");
  EXPECT_EQ(vote({"un!", "Run!", "Run!"}), "Run!");
}

TEST(LetterVote, WordsAndLinesAreDividedAsMostDivideThem) {
  EXPECT_EQ(vote({"a quarter", "aquarter", "a quarter"}), "a quarter");
  EXPECT_EQ(vote({"last\nThursday", "last Thursday", "last Thursday"}), "last Thursday");
}

TEST(LetterVote, CountsCharactersNotBytes) {
  EXPECT_EQ(count_characters("5 €\xFFz"), 5u);
  EXPECT_EQ(vote({"Müller", "Mäller", "Müler"}), "Müller");
  EXPECT_EQ(vote({"5 €", "5 £", "5 €"}), "5 €");
  EXPECT_EQ(vote({"\xFF\x80z", "\xFF\x80z"}), "\xFF\x80z");
}

TEST(LetterVote, WeightsDecide) {
  EXPECT_EQ(vote_by_letter({{"pier I9", 0.4}, {"pier 19", 0.9}}).text, "pier 19");
  EXPECT_EQ(vote_by_letter({{"pier 19", 0.9}, {"pier I9", 0.4}}).text, "pier 19");
  EXPECT_EQ(vote_by_letter({{"pier I9", 0.4}, {"pier I9", 0.4}, {"pier 19", 0.9}}).text, "pier 19");
  EXPECT_EQ(vote_by_letter({{"pier I9", 0.7}, {"pier I9", 0.7}, {"pier 19", 0.9}}).text, "pier I9");
}

TEST(LetterVote, SaysHowSureEachLetterIs) {
  const Election election = vote_by_letter({{"pier I9", 0.6}, {"pier 19", 0.9}, {"pier 19", 0.9}});
  EXPECT_EQ(election.text, "pier 19");
  ASSERT_EQ(election.letters.size(), 7u);
  EXPECT_NEAR(election.letters[0], 0.8, 1e-6);
  EXPECT_NEAR(election.letters[5], 0.6, 1e-6);
}

TEST(LetterVote, EachLetterHasItsOwnWeight) {
  // Surer of the whole, but not of the letter in question.
  const Ballot first{"pier I9", 0.95, {0.99F, 0.99F, 0.99F, 0.99F, 0.99F, 0.6F, 0.99F}};
  const Ballot second{"picr 19", 0.9, {0.99F, 0.99F, 0.5F, 0.99F, 0.99F, 0.9F, 0.99F}};
  EXPECT_EQ(vote_by_letter({first, second}).text, "pier 19");
  EXPECT_EQ(vote_by_letter({second, first}).text, "pier 19");
}

TEST(LetterVote, WhatIsMissingIsAsSureAsTheLetterBehindIt) {
  const Ballot lacking{"eleve c", 0.9, {0.99F, 0.99F, 0.99F, 0.99F, 0.99F, 0.7F, 0.99F}};
  const Ballot whole{"eleven c", 0.9, {0.99F, 0.99F, 0.99F, 0.99F, 0.99F, 0.9F, 0.99F, 0.99F}};
  EXPECT_EQ(vote_by_letter({lacking, whole}).text, "eleven c");
  const Ballot sure{"eleve c", 0.9, {0.99F, 0.99F, 0.99F, 0.99F, 0.99F, 0.98F, 0.99F}};
  EXPECT_EQ(vote_by_letter({sure, whole}).text, "eleve c");
}

TEST(LetterVote, DoesNotDependOnTheOrder) {
  std::vector<const char*> texts{"Zoffa broke it", "Zofia hroke it", "Zofja broke t", "Zofia broke it."};
  std::sort(texts.begin(), texts.end());
  do {
    EXPECT_EQ(vote({texts[0], texts[1], texts[2], texts[3]}), "Zofia broke it");
  } while (std::next_permutation(texts.begin(), texts.end()));
}

TEST(LetterVote, AnotherTextHasNoSay) {
  EXPECT_EQ(
      vote_by_letter({{"Good morning.", 0.4}, {"WWVWMMW~|-/#?", 0.7}, {"Good morning.", 0.4}, {"W(){}[]<>=+:;", 0.7}})
          .text,
      "Good morning.");
}

TEST(LetterVote, ALongTextIsNotTakenApart) {
  const std::string first(kLongestVote + 1, 'a'), second(kLongestVote, 'b');
  EXPECT_EQ(vote_by_letter({{first, 0.5}, {second, 0.6}}).text, second);
  EXPECT_EQ(vote_by_letter({{first, 0.6}, {second, 0.5}}).text, first);
}

// ------------------------------------------------------------------------------------------------ views

TEST(ReadingView, StaysInsideAndDiffersFromEachOther) {
  const DsocrRect area{0, 475, 1280, 245};
  std::vector<DsocrRect> views;
  for (size_t number = 0; number < 5; ++number) {
    const DsocrRect view = view_of(area, number);
    EXPECT_GE(view.x, area.x);
    EXPECT_GE(view.y, area.y);
    EXPECT_LE(view.x + view.width, area.x + area.width);
    EXPECT_LE(view.y + view.height, area.y + area.height);
    EXPECT_GE(view.width, area.width * 15 / 16);
    for (const DsocrRect& other : views) EXPECT_NE(view.width, other.width) << number;
    views.push_back(view);
  }
  EXPECT_EQ(views[0].width, area.width);
}

TEST(ReadingView, NeighboursCutOtherSides) {
  const DsocrRect area{10, 20, 640, 256};
  const DsocrRect first = view_of(area, 1), second = view_of(area, 2);
  EXPECT_GT(first.x, area.x);
  EXPECT_EQ(first.x + first.width, area.x + area.width);
  EXPECT_EQ(second.x, area.x);
  EXPECT_LT(second.x + second.width, area.x + area.width);
}

TEST(ReadingView, OfASmallAreaSomethingIsLeft) {
  for (size_t number = 0; number < 9; ++number) {
    EXPECT_EQ(view_of({0, 0, 1, 1}, number).width, 1);
    EXPECT_EQ(view_of({0, 0, 1, 1}, number).height, 1);
  }
}

// ------------------------------------------------------------------------------------------------ what to read again

TEST(Votes, ASureTextIsReadOnce) {
  GroupReads reads({1, 0, 2}, 1);
  reads.set_vote(5);
  reads.add({"pier 14", 0.999, 0.99});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().text, "pier 14");
}

TEST(Votes, AnUnsureTextIsReadUntilMostSayTheSame) {
  GroupReads reads({1, 0}, 1);
  reads.set_vote(5);
  reads.add({"pier I9", 0.9, 0.5});
  for (size_t i = 1; i < 4; ++i) {
    const auto look = reads.next();
    ASSERT_TRUE(look);
    EXPECT_EQ(look->frame, i % 2 == 0 ? 1u : 0u);  // the frames in turn
    EXPECT_EQ(look->view, i);
    reads.add({"pier 19", 0.8, 0.5});
  }
  EXPECT_FALSE(reads.next());
  const auto outcome = reads.outcome();
  EXPECT_EQ(outcome.text, "pier 19");
  EXPECT_TRUE(outcome.agreement);
  EXPECT_FALSE(outcome.single_read);
}

TEST(Votes, NoMoreThanAskedForAreMade) {
  for (const uint32_t most : {2, 3, 5}) {
    GroupReads reads({0, 1, 2, 3}, 2);
    reads.set_vote(most);
    for (uint32_t i = 0; i < most; ++i) {
      ASSERT_TRUE(reads.next()) << i;
      reads.add({"text " + std::to_string(i), 0.9, 0.5});
    }
    EXPECT_FALSE(reads.next());
    EXPECT_EQ(reads.outcome().agreement, !reads.outcome().single_read);
  }
}

TEST(Votes, ReadingsThatDifferAreUnsureHoweverSureEachIs) {
  GroupReads reads({0, 1}, 2);
  reads.set_vote(3);
  reads.add({"pier 14", 0.999, 0.99});
  EXPECT_EQ(reads.next()->view, 1u);
  reads.add({"pier 19", 0.999, 0.99});
  EXPECT_EQ(reads.next()->view, 2u);
  reads.add({"pier 14", 0.9, 0.9});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().text, "pier 14");
}

TEST(Votes, LettersOfSeveralReadingsMakeTheText) {
  GroupReads reads({0}, 1);
  reads.set_vote(3);
  reads.add({"The Gth of May", 0.9, 0.5});
  reads.add({"The 6th of Hay", 0.9, 0.5});
  reads.add({"Tbe 6th of May", 0.9, 0.5});
  EXPECT_FALSE(reads.next());
  const auto outcome = reads.outcome();
  EXPECT_EQ(outcome.text, "The 6th of May");
  EXPECT_TRUE(outcome.single_read);  // no reading says just this
}

TEST(Votes, WithoutAVoteNothingIsMixed) {
  GroupReads reads({0, 1}, 2);
  reads.add({"The Gth of May", 0.8, 0.5});
  EXPECT_EQ(reads.next()->view, 0u);
  reads.add({"Tbe 6th of May", 0.9, 0.5});
  EXPECT_EQ(reads.outcome().text, "Tbe 6th of May");
}

TEST(Votes, EmptyReadingsAreAsManyAsWithoutAVote) {
  GroupReads reads({0, 1}, 1);
  reads.set_vote(9);
  reads.add({"", 0, 0});
  EXPECT_TRUE(reads.next());
  reads.add({"", 0, 0});
  EXPECT_FALSE(reads.next());
  EXPECT_EQ(reads.outcome().text, "");
}

// ------------------------------------------------------------------------------------------------ readings

Reading reading(const char* text) {
  Reading result;
  result.raw = result.plain = result.markdown = text;
  result.confidence = 0.75;
  result.lines = {{"a", 0.5, 0.25}, {"b", 0.75, 0.5}};
  return result;
}

TEST(CorrectText, ReplacesEveryFormOfAPlainText) {
  Reading corrected = reading("pier I4\nat noon");
  std::vector<float> letters(15, 0.9F);
  letters[6] = 0.5F;
  correct_text(corrected, "pier 14\nat noon", letters);
  EXPECT_EQ(corrected.plain, "pier 14\nat noon");
  EXPECT_EQ(corrected.raw, corrected.plain);
  EXPECT_EQ(corrected.markdown, corrected.plain);
  ASSERT_EQ(corrected.lines.size(), 2u);
  EXPECT_EQ(corrected.lines[0].text, "pier 14");
  EXPECT_EQ(corrected.lines[1].text, "at noon");
  EXPECT_NEAR(corrected.lines[0].confidence_min, 0.5, 1e-6);
  EXPECT_NEAR(corrected.lines[1].confidence_min, 0.9, 1e-6);
  EXPECT_NEAR(corrected.confidence_min, 0.5, 1e-6);
  EXPECT_NEAR(corrected.confidence, (14 * 0.9 + 0.5) / 15, 1e-6);
}

TEST(CorrectText, LeavesBoxesAndMarkupAlone) {
  Reading grounded = reading("pier I4");
  grounded.regions.push_back({DSOCR_REGION_TEXT, "text", "pier I4", {}});
  correct_text(grounded, "pier 14", std::vector<float>(7, 0.9F));
  EXPECT_EQ(grounded.plain, "pier I4");
  Reading marked = reading("pier I4");
  marked.markdown = "# pier I4";
  correct_text(marked, "pier 14", std::vector<float>(7, 0.9F));
  EXPECT_EQ(marked.plain, "pier I4");
}

}  // namespace
}  // namespace deepseekocr::plugin
