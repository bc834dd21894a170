// SPDX-License-Identifier: MIT
// The parts of deepseekocr-subtitles that need no video.
#include <gtest/gtest.h>

#include "cue.h"
#include "options.h"
#include "phantom.h"
#include "writer.h"

namespace subtitles {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
constexpr uint64_t kMillisecond = 1'000'000;

TEST(ParseTime, TakesSecondsMinutesAndHours) {
  EXPECT_EQ(parse_time("0"), 0u);
  EXPECT_EQ(parse_time("90"), 90 * kSecond);
  EXPECT_EQ(parse_time("1.5"), 1500 * kMillisecond);
  EXPECT_EQ(parse_time("1:30"), 90 * kSecond);
  EXPECT_EQ(parse_time("1:02:03.25"), 3723 * kSecond + 250 * kMillisecond);
}

TEST(ParseTime, RefusesWhatIsNoTime) {
  for (const char* text : {"", "a", "-1", "1:", ":1", "1:2:3:4", "1,5", "nan", "inf", "1e99", " 1", "1 "})
    EXPECT_EQ(parse_time(text), std::nullopt) << text;
}

TEST(ParseArea, KnowsPresetsAndNumbers) {
  EXPECT_EQ(parse_area("bottom-third"), "0.0,0.66,1.0,0.34");
  EXPECT_EQ(parse_area("full"), "");
  EXPECT_EQ(parse_area("10,20,300,40"), "10,20,300,40");
  for (const char* text : {"", "middle", "1,2,3", "1,2,3,4,5", "1,2,3,x"})
    EXPECT_EQ(parse_area(text), std::nullopt) << text;
}

TEST(Ending, IsInLowerCaseWithoutDot) {
  EXPECT_EQ(ending("a/b.c/movie.SRT"), "srt");
  EXPECT_EQ(ending("movie"), "");
}

TEST(ToMilliseconds, RoundsOutwards) {
  const Cues cues = to_milliseconds({{41'708'333, 83'416'667, "a", true}});
  EXPECT_EQ(cues[0].start, 41 * kMillisecond);
  EXPECT_EQ(cues[0].end, 84 * kMillisecond);
}

TEST(ToMilliseconds, NeverIntoTheNextCue) {
  const Cues cues = to_milliseconds({{0, 41'708'333, "a", true}, {41'708'333, 80'000'000, "b", true}});
  EXPECT_EQ(cues[0].end, 41 * kMillisecond);
  EXPECT_EQ(cues[1].start, 41 * kMillisecond);
}

TEST(IsPhantom, IsAStringOfSignsThatWasReadOnce) {
  const auto unconfirmed = [](const char* text) { return is_phantom({0, 1, text, false}); };
  for (const char* text : {"*w*,*\n**", "\"%`%_\'%", ")^_^", "`", "♪"}) EXPECT_TRUE(unconfirmed(text)) << text;
  for (const char* text : {"Run!", "- 9 -", "\u3057\u3066", "9.30 -- 10.15", "\u043d\u0435\u0442!!"})
    EXPECT_FALSE(unconfirmed(text)) << text;
}

TEST(IsPhantom, NeverWhatWasConfirmed) {
  for (const char* text : {"?!", "...", "♪", "*w*,*"}) EXPECT_FALSE(is_phantom({0, 1, text, true})) << text;
}

TEST(RemovePhantoms, LeavesTheOthersInOrder) {
  Cues cues = {{0, 1, "a", true}, {1, 2, "*,*", false}, {2, 3, "b", false}};
  EXPECT_EQ(remove_phantoms(cues), 1u);
  ASSERT_EQ(cues.size(), 2u);
  EXPECT_EQ(cues[1].text, "b");
}

TEST(EscapeWebvtt, SpellsWhatWouldBeATag) {
  EXPECT_EQ(escape_webvtt("a <b> & --> c"), "a &lt;b&gt; &amp; --&gt; c");
}

}  // namespace
}  // namespace subtitles
