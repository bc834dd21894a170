// SPDX-License-Identifier: MIT
// text-timing=group inside the element: which frames are read, when frames and texts leave, and their times.
#include <algorithm>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gate_picture.h"
#include "meta/gstdeepseekocrmeta.h"
#include "support.h"

namespace deepseekocr::test {
namespace {

constexpr int kPictureWidth = 320, kPictureHeight = 64;
constexpr const char* kPictureCaps = "video/x-raw,format=GRAY8,width=320,height=64,framerate=10/1";

/// A frame that shows `text`; its first pixel holds the text's length, which the fake engine answers with.
GstBuffer* frame_with(const char* text, guint64 index) {
  Picture picture(kPictureWidth, kPictureHeight, 60);
  if (*text != '\0') picture.write(text, 20, 20, 24, 230);
  const auto view = picture.view();
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, size_t{kPictureWidth} * kPictureHeight, nullptr);
  for (int y = 0; y < kPictureHeight; ++y)
    gst_buffer_fill(buffer, size_t(y) * kPictureWidth, view.data + y * view.stride, kPictureWidth);
  const auto length = static_cast<guint8>(std::strlen(text));
  gst_buffer_fill(buffer, 0, &length, 1);
  GST_BUFFER_PTS(buffer) = index * kFrame;
  GST_BUFFER_DURATION(buffer) = kFrame;
  return buffer;
}

constexpr const char* kTexts[] = {"", "", "", "", "RUN!", "", "", "PIER 14", "PIER  14"};

void answer_text(const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
  g_strlcpy(answer->text, kTexts[request->image.planes[0][0] % G_N_ELEMENTS(kTexts)], sizeof answer->text);
  answer->confidence = answer->confidence_min = 0.9F;
}

class Groups : public OcrTest {
 protected:
  void SetUp() override {
    OcrTest::SetUp();
    fake().set_answer(
        [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) { answer_text(request, answer); }, nullptr);
  }
  /// Frames with these texts, each for so many frames.
  static void push(Ocr& ocr, std::initializer_list<std::pair<const char*, int>> runs, guint64 index = 0) {
    for (const auto& [text, frames] : runs)
      for (int i = 0; i < frames; ++i) ASSERT_EQ(gst_harness_push(ocr.video, frame_with(text, index++)), GST_FLOW_OK);
  }
  static DsocrFakeCounters counters() {
    DsocrFakeCounters counters;
    fake().get_counters(&counters);
    return counters;
  }
};

guint64 uint64_in_meta(GstBuffer* buffer, const char* field) {
  guint64 value = 0;
  EXPECT_TRUE(gst_structure_get_uint64(gst_deepseek_ocr_meta_get_structure(buffer), field, &value)) << field;
  return value;
}

gboolean flag_in_meta(GstBuffer* buffer, const char* field) {
  gboolean value = FALSE;
  EXPECT_TRUE(gst_structure_get_boolean(gst_deepseek_ocr_meta_get_structure(buffer), field, &value)) << field;
  return value;
}

void expect_text(Ocr& ocr, const char* text, guint64 first, guint64 end) {
  const auto buffer = ocr.pull_text();
  EXPECT_EQ(text_of(buffer.get()), text);
  EXPECT_EQ(GST_BUFFER_PTS(buffer.get()), first * kFrame) << text;
  EXPECT_EQ(GST_BUFFER_PTS(buffer.get()) + GST_BUFFER_DURATION(buffer.get()), end * kFrame) << text;
}

TEST_F(Groups, ATextHasTheTimesOfItsFramesAndIsReadOnce) {
  Ocr ocr("text-timing=auto text-format=subtitle", false, kPictureCaps);
  push(ocr, {{"", 5}, {"PIER 14", 9}, {"", 6}, {"RUN!", 1}, {"", 5}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14", 5, 14);
  expect_text(ocr, "RUN!", 20, 21);
  EXPECT_EQ(counters().submitted, 2u);
  EXPECT_EQ(ocr.stat("groups"), 2u);
}

TEST_F(Groups, NeighboursWithoutAGapAreExact) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 7}, {"RUN!", 4}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 7);
  expect_text(ocr, "RUN!\n", 7, 11);
}

TEST_F(Groups, TheMiddleFrameIsRead) {
  Ocr ocr("text-timing=group max-hold=10000", false, kPictureCaps);
  push(ocr, {{"PIER 14", 9}, {"", 1}});
  ocr.push_event(gst_event_new_eos());
  const auto text = ocr.pull_text();
  EXPECT_EQ(uint64_in_meta(text.get(), GST_DEEPSEEK_OCR_META_FRAME_NUMBER), 4u);
  EXPECT_TRUE(flag_in_meta(text.get(), GST_DEEPSEEK_OCR_META_CHANGED));
}

TEST_F(Groups, EveryFrameOfARunCarriesItsText) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"", 2}, {"PIER 14", 5}, {"", 2}});
  ocr.push_event(gst_event_new_eos());
  for (int i = 0; i < 9; ++i) {
    const auto frame = ocr.pull_video();
    const bool shows = i >= 2 && i < 7;
    EXPECT_EQ(meta_text(frame.get()), shows ? "PIER 14" : "-") << i;
    if (shows) {
      EXPECT_EQ(flag_in_meta(frame.get(), GST_DEEPSEEK_OCR_META_CHANGED), i == 2) << i;
    }
  }
}

TEST_F(Groups, AStandingTextIsReadWhenHalfOfTheHoldIsFull) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 12}});
  // Frames leave with the text, which itself is kept back until its end is known.
  for (int i = 0; i < 12; ++i) EXPECT_EQ(meta_text(ocr.pull_video().get()), "PIER 14");
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 0u);
  push(ocr, {{"", 4}}, 12);
  expect_text(ocr, "PIER 14\n", 0, 12);
}

TEST_F(Groups, AShortHoleIsBridgedAndALongOneIsNot) {
  Ocr ocr("text-timing=group merge-gap=200", false, kPictureCaps);
  push(ocr, {{"PIER 14", 3}, {"", 2}, {"PIER 14", 3}, {"", 3}, {"PIER 14", 3}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 8);
  expect_text(ocr, "PIER 14\n", 11, 14);
}

TEST_F(Groups, AHoleInTheStreamEndsAText) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 3}});
  push(ocr, {{"PIER 14", 3}}, 20);
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 3);
  expect_text(ocr, "PIER 14\n", 20, 23);
}

TEST_F(Groups, AnEmptyMiddleIsTriedAtTheQuarters) {
  fake().set_answer(
      [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
        if (request->number > 0) answer_text(request, answer);
      },
      nullptr);
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 4}, {"", 1}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 4);
  EXPECT_EQ(ocr.stat("rereads"), 1u);
}

TEST_F(Groups, ReadingsThatDoNotAgreeAreMarked) {
  fake().set_answer(
      [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
        g_snprintf(answer->text, sizeof answer->text, "text %u", unsigned(request->number));
      },
      nullptr);
  for (const char* format : {"plain", "json"}) {
    Ocr ocr(std::string("text-timing=group confirm-reads=2 text-format=") + format, false, kPictureCaps);
    push(ocr, {{"PIER 14", 4}});
    ocr.push_event(gst_event_new_eos());
    const auto text = ocr.pull_text();
    EXPECT_FALSE(flag_in_meta(text.get(), GST_DEEPSEEK_OCR_META_AGREEMENT));
    EXPECT_TRUE(flag_in_meta(text.get(), GST_DEEPSEEK_OCR_META_SINGLE_READ));
    if (std::string(format) == "json") {
      EXPECT_NE(text_of(text.get()).find("\"agreement\":false"), std::string::npos);
    }
    EXPECT_EQ(ocr.stat("disagreed"), 1u);
  }
}

TEST_F(Groups, TwoReadingsThatAgreeAreNoSingleRead) {
  Ocr ocr("text-timing=group confirm-reads=2", false, kPictureCaps);
  push(ocr, {{"PIER 14", 4}});
  ocr.push_event(gst_event_new_eos());
  const auto text = ocr.pull_text();
  EXPECT_TRUE(flag_in_meta(text.get(), GST_DEEPSEEK_OCR_META_AGREEMENT));
  EXPECT_FALSE(flag_in_meta(text.get(), GST_DEEPSEEK_OCR_META_SINGLE_READ));
  EXPECT_EQ(counters().submitted, 2u);
}

TEST_F(Groups, JsonHasOneLineForEachGroupWithItsTimes) {
  Ocr ocr("text-timing=group text-format=json", false, kPictureCaps);
  push(ocr, {{"", 2}, {"PIER 14", 5}, {"", 2}});
  ocr.push_event(gst_event_new_eos());
  const std::string line = text_of(ocr.pull_text().get());
  EXPECT_NE(line.find("\"start\":200000000,\"end\":700000000"), std::string::npos) << line;
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 1u);
}

TEST_F(Groups, WhatWaitsForTheTextDoesNotWaitForEver) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 2}});  // and then nothing: some other branch of the pipeline is full
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "PIER 14");
}

TEST_F(Groups, AFlushInTheMiddleOfAText) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 3}});
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push(ocr, {{"RUN!", 3}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "RUN!\n", 0, 3);
}

TEST_F(Groups, ALiveStreamMayHaveThem) {
  Ocr ocr("text-timing=group latency=5000", true, kPictureCaps);
  push(ocr, {{"PIER 14", 5}, {"", 4}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 5);
}

TEST_F(Groups, SkippedFramesBelongToTheTextBeforeThem) {
  Ocr ocr("text-timing=group inference-interval=3", false, kPictureCaps);
  push(ocr, {{"PIER 14", 9}, {"", 6}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 9);
}

/// Ten frames each, so that inference-interval=10 and max-rate=1 see one of each.
void expect_each_text_read(Ocr& ocr) {
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 10, 20);
  expect_text(ocr, "RUN!\n", 20, 30);
  expect_text(ocr, "PIER  14\n", 30, 40);
  expect_text(ocr, "RUN!\n", 50, 60);
  EXPECT_EQ(ocr.stat("groups"), 4u);
}

TEST_F(Groups, ATextThatFollowsAnotherBetweenTwoLooksIsRead) {
  for (const char* looks : {"inference-interval=10", "max-rate=1"}) {
    SCOPED_TRACE(looks);
    Ocr ocr(std::string("text-timing=group ") + looks, false, kPictureCaps);
    push(ocr, {{"", 5}, {"PIER 14", 15}, {"RUN!", 10}, {"PIER  14", 10}, {"", 10}, {"RUN!", 10}});
    expect_each_text_read(ocr);
  }
}

TEST_F(Groups, ATextIsReadOnceHoweverSeldomItIsLookedAt) {
  Ocr ocr("text-timing=group inference-interval=10", false, kPictureCaps);
  push(ocr, {{"PIER 14", 35}, {"RUN!", 35}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 40);  // seen last in frame 30, gone in frame 40
  expect_text(ocr, "RUN!\n", 40, 70);
  EXPECT_EQ(counters().submitted, 2u);
}

TEST_F(Groups, PicturesASecondApartAreReadEach) {
  Ocr ocr("text-timing=group", false, kPictureCaps);
  push(ocr, {{"PIER 14", 1}}, 0);
  push(ocr, {{"RUN!", 1}}, 10);
  push(ocr, {{"PIER 14", 1}}, 20);
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 1);
  expect_text(ocr, "RUN!\n", 10, 11);
  expect_text(ocr, "PIER 14\n", 20, 21);
}

TEST_F(Groups, BlankFramesThatAreReadHideNoText) {
  Ocr ocr("text-timing=group skip-blank=false inference-interval=10", false, kPictureCaps);
  push(ocr, {{"", 10}, {"PIER 14", 10}, {"RUN!", 10}, {"", 10}, {"RUN!", 10}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 10, 20);
  expect_text(ocr, "RUN!\n", 20, 30);
  expect_text(ocr, "RUN!\n", 40, 50);
  EXPECT_EQ(counters().submitted, 5u);
}

TEST_F(Groups, AFlushBetweenTwoLooksBeginsAnew) {
  Ocr ocr("text-timing=group inference-interval=10", false, kPictureCaps);
  push(ocr, {{"PIER 14", 15}});
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push(ocr, {{"RUN!", 10}, {"PIER 14", 10}}, 3);
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "RUN!\n", 3, 13);
  expect_text(ocr, "PIER 14\n", 13, 23);
}

TEST_F(Groups, WithoutAChangeThresholdEveryFrameIsRead) {
  Ocr ocr("text-timing=group change-threshold=0", false, kPictureCaps);
  push(ocr, {{"PIER 14", 6}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 6);  // still one cue
  EXPECT_EQ(counters().submitted, 6u);
}

// ------------------------------------------------------------------------------------------------ votes

/// Answers PIER 14 in three ways, none of them sure and each wrong at another letter, and keeps what was asked.
struct Votes {
  std::mutex mutex;
  std::vector<DsocrRect> areas;
  size_t asked = 0; /**< for PIER 14 */

  static void answer(void* data, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
    constexpr const char* kWays[] = {"PIER I4", "PIFR 14", "P1ER 14"};
    auto& votes = *static_cast<Votes*>(data);
    const std::lock_guard lock(votes.mutex);
    answer_text(request, answer);
    answer->confidence_min = 0.5F;
    if (answer->text == std::string("PIER 14")) g_strlcpy(answer->text, kWays[votes.asked++ % 3], sizeof answer->text);
    if (answer->text == std::string("RUN!")) answer->confidence_min = 0.99F;
    votes.areas.push_back(request->image.area);
  }
  size_t count() {
    const std::lock_guard lock(mutex);
    return areas.size();
  }
};

TEST_F(Groups, AnUnsureTextIsReadAgainElsewhereAndVotedOn) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  Ocr ocr("text-timing=group vote-reads=3 area=0,0,320,64", false, kPictureCaps);
  push(ocr, {{"PIER 14", 9}, {"", 1}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 9);
  EXPECT_EQ(ocr.stat("rereads"), 2u);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "PIER 14");
  ASSERT_EQ(votes.count(), 3u);
  EXPECT_EQ(votes.areas[0].width, 320);
  EXPECT_GT(votes.areas[1].x, 0);
  EXPECT_LT(votes.areas[2].x + votes.areas[2].width, 320);
}

TEST_F(Groups, OnlyASmallModelIsAskedAgainByItself) {
  for (const auto& [parameters, properties, frames, readings] :
       {std::tuple(50'000'000U, "", 1, 3U), std::tuple(50'000'000U, "", 4, 5U), std::tuple(50'000'001U, "", 4, 1U),
        std::tuple(8'000'000U, " vote-reads=1", 1, 1U)}) {
    Votes votes;
    fake().reset();
    fake().set_parameters(parameters);
    fake().set_answer(Votes::answer, &votes);
    Ocr ocr((std::string("text-timing=group") + properties).c_str(), false, kPictureCaps);
    push(ocr, {{"PIER 14", frames}});
    ocr.push_event(gst_event_new_eos());
    expect_text(ocr, readings > 1 ? "PIER 14\n" : "PIER I4\n", 0, frames);
    EXPECT_EQ(counters().submitted, readings) << parameters << " " << properties;
  }
}

TEST_F(Groups, ASureTextIsReadOnceWhereThereIsAVote) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  Ocr ocr("text-timing=group vote-reads=9", false, kPictureCaps);
  push(ocr, {{"RUN!", 9}, {"", 1}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "RUN!\n", 0, 9);
  EXPECT_EQ(counters().submitted, 1u);
}

TEST_F(Groups, ASingleFrameIsVotedOnInSeveralViews) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  Ocr ocr("text-timing=group vote-reads=3", false, kPictureCaps);
  push(ocr, {{"PIER 14", 1}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER 14\n", 0, 1);
  EXPECT_EQ(counters().submitted, 3u);
}

TEST_F(Groups, AVoteKeepsTheOrderOfTextsUpToTheEnd) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  fake().hold_results(1);
  Ocr ocr("text-timing=group vote-reads=3 max-hold=10000", false, kPictureCaps);
  push(ocr, {{"PIER 14", 4}, {"", 2}, {"RUN!", 4}});
  std::thread end([&] { ocr.push_event(gst_event_new_eos()); });  // waits for every reading
  fake().wait_waiting(2);
  fake().let_through(2);  // RUN! is read before PIER 14 is decided
  fake().wait_submitted(3);
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 0u);
  fake().hold_results(0);
  end.join();
  expect_text(ocr, "PIER 14\n", 0, 4);
  expect_text(ocr, "RUN!\n", 6, 10);
  EXPECT_EQ(counters().submitted, 4u);
}

TEST_F(Groups, AFlushInTheMiddleOfAVote) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  fake().hold_results(1);
  Ocr ocr("text-timing=group vote-reads=9", false, kPictureCaps);
  push(ocr, {{"PIER 14", 3}, {"", 1}});
  fake().wait_waiting(1);
  fake().let_through(1);
  fake().wait_submitted(2);
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  fake().hold_results(0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push(ocr, {{"RUN!", 3}});
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "RUN!\n", 0, 3);
  EXPECT_EQ(counters().submitted, 3u);
}

TEST_F(Groups, AFullEngineEndsAVoteAndLosesNoText) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  fake().set_queue_limit(1);
  Ocr ocr("text-timing=group vote-reads=3 text-format=json", false, kPictureCaps);
  push(ocr, {{"PIER 14", 3}, {"", 1}, {"RUN!", 3}, {"", 1}, {"PIER 14", 3}, {"", 1}, {"RUN!", 3}});
  ocr.push_event(gst_event_new_eos());
  for (int i = 0; i < 4; ++i)
    EXPECT_NE(text_of(ocr.pull_text().get()).find(i % 2 == 0 ? "\"P" : "\"RUN!"), std::string::npos);
}

TEST_F(Groups, LiveAVoteWaitsForNothingNew) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  fake().hold_results(1);
  Ocr ocr("text-timing=group vote-reads=9 latency=5000", true, kPictureCaps);
  push(ocr, {{"PIER 14", 5}, {"RUN!", 5}, {"", 1}});  // no push waits
  fake().wait_waiting(1);
  fake().hold_results(0);
  ocr.push_event(gst_event_new_eos());
  expect_text(ocr, "PIER I4\n", 0, 5);
  expect_text(ocr, "RUN!\n", 5, 10);
  EXPECT_EQ(ocr.stat("rereads"), 0u);
}

TEST_F(Groups, WithoutGroupsThereIsNoVote) {
  Votes votes;
  fake().set_answer(Votes::answer, &votes);
  Ocr ocr("vote-reads=9", true, kPictureCaps);
  push(ocr, {{"PIER 14", 5}});
  EXPECT_EQ(text_of(ocr.pull_text().get()), "PIER I4\n");
  EXPECT_EQ(counters().submitted, 1u);
}

}  // namespace
}  // namespace deepseekocr::test
