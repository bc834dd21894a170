// SPDX-License-Identifier: MIT
// Which frames the element reads, and what becomes of the others.
#include <cstring>
#include <string>

#include "label_frames.h"
#include "meta/gstdeepseekocrmeta.h"
#include "pdfdec/gstpdfpagemeta.h"

namespace deepseekocr::test {
namespace {

class Gates : public LabelTest {};

GstFlowReturn push(Ocr& ocr, const Picture& picture, guint64 index) {
  return gst_harness_push(ocr.video, frame_of(picture, index));
}

Picture blank() {
  return {320, 160, 235};
}

/// A label of which one digit differs.
Picture other_label() {
  Picture picture = label();
  picture.fill(20, 44, 120, 15, 235).write("PILE 2037", 20.3, 44.4, 14, 30);
  return picture;
}

TEST_F(Gates, BlankFramesAreNotRead) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, blank(), 0);
  push(ocr, label(), 1);
  push(ocr, blank(), 2);
  push(ocr, blank(), 3);
  push(ocr, label(), 4);
  EXPECT_EQ(video_texts(ocr, 5), (Texts{"-", "read 0", "-", "-", "read 1"}));
  EXPECT_EQ(ocr.stat("skipped-blank"), 3u);
  EXPECT_EQ(ocr.stat("admitted"), 2u);
}

TEST_F(Gates, BlankFramesAreReadWhereTheyAreWanted) {
  Ocr ocr("skip-blank=false change-threshold=0", false, kLabelCaps);
  for (guint64 i = 0; i < 3; ++i) push(ocr, blank(), i);
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"read 0", "read 1", "read 2"}));
}

TEST_F(Gates, UnchangedFramesKeepTheTextOfTheLastReading) {
  Ocr ocr("", false, kLabelCaps);
  for (guint64 i = 0; i < 3; ++i) push(ocr, label().add_noise(3, static_cast<unsigned>(i)), i);
  push(ocr, other_label(), 3);
  push(ocr, other_label(), 4);
  EXPECT_EQ(video_texts(ocr, 5), (Texts{"read 0", "read 0", "read 0", "read 1", "read 1"}));
  EXPECT_EQ(ocr.stat("skipped-unchanged"), 3u);
}

TEST_F(Gates, RepeatsAreMarked) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  push(ocr, label(), 1);
  for (const bool expected : {true, false}) {
    const auto frame = ocr.pull_video();
    gboolean changed = FALSE;
    gst_structure_get_boolean(gst_deepseek_ocr_meta_get_structure(frame.get()), GST_DEEPSEEK_OCR_META_CHANGED,
                              &changed);
    EXPECT_EQ(changed, expected);
  }
}

TEST_F(Gates, AnUnchangedFrameWaitsForTheReadingThatItRepeats) {
  fake().hold_results(1);
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  push(ocr, label(), 1);
  EXPECT_EQ(ocr.stat("held-frames"), 2u);
  EXPECT_EQ(gst_harness_buffers_in_queue(ocr.video), 0u);
  fake().let_through(1);
  EXPECT_EQ(video_texts(ocr, 2), (Texts{"read 0", "read 0"}));
}

TEST_F(Gates, EveryFrameIsNewWithoutAThreshold) {
  Ocr ocr("change-threshold=0", false, kLabelCaps);
  for (guint64 i = 0; i < 2; ++i) push(ocr, label(), i);
  EXPECT_EQ(video_texts(ocr, 2), (Texts{"read 0", "read 1"}));
}

TEST_F(Gates, ACueLastsFromTheFirstFrameThatShowsItToTheLast) {
  Ocr ocr("text-format=subtitle", false, kLabelCaps);
  for (guint64 i = 0; i < 10; ++i) push(ocr, i >= 2 && i < 7 ? label() : blank(), i);
  push(ocr, other_label(), 10);
  ocr.push_event(gst_event_new_eos());
  const auto first = ocr.pull_text(), second = ocr.pull_text();
  EXPECT_EQ(text_of(first.get()), "read 0");
  EXPECT_EQ(GST_BUFFER_PTS(first.get()), 2 * kFrame);
  EXPECT_EQ(GST_BUFFER_DURATION(first.get()), 5 * kFrame);
  EXPECT_EQ(text_of(second.get()), "read 1");
  EXPECT_EQ(GST_BUFFER_PTS(second.get()), 10 * kFrame);
}

TEST_F(Gates, ATextIsSentOnceHoweverLongItStands) {
  Ocr ocr("text-format=json", false, kLabelCaps);
  for (guint64 i = 0; i < 5; ++i) push(ocr, label(), i);
  push(ocr, blank(), 5);
  push(ocr, label(), 6);
  ocr.push_event(gst_event_new_eos());
  for (const guint64 index : {0, 6}) {
    const auto buffer = ocr.pull_text();
    EXPECT_EQ(GST_BUFFER_PTS(buffer.get()), index * kFrame);
    EXPECT_NE(text_of(buffer.get()).find("\"changed\":true"), std::string::npos);
  }
  EXPECT_EQ(ocr.stat("queued-texts"), 0u);
}

TEST_F(Gates, TheRateCountsBeforeThePixels) {
  Ocr ocr("max-rate=2 change-threshold=0", false, kLabelCaps);
  for (guint64 i = 0; i < 10; ++i) push(ocr, label(), i);
  EXPECT_EQ(ocr.stat("admitted"), 2u);
  EXPECT_EQ(ocr.stat("skipped-rate"), 8u);
  EXPECT_EQ(video_texts(ocr, 6), (Texts{"read 0", "read 0", "read 0", "read 0", "read 0", "read 1"}));
}

TEST_F(Gates, TheAreaIsWhatIsLookedAt) {
  Ocr ocr("area=0,120,320,40", false, kLabelCaps);
  push(ocr, blank().write("HALL 27", 20, 20, 14, 30), 0);
  push(ocr, blank().write("HALL 27", 20, 130, 14, 30), 1);
  push(ocr, blank().write("HALL 27", 20, 130, 14, 30).write("TOP", 20, 20, 14, 30), 2);
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"-", "read 0", "read 0"}));
}

TEST_F(Gates, AnAutomaticAreaIsWhatTheModelSees) {
  fake().set_answer(answer_area, nullptr);
  Ocr ocr("area=auto", false, kLabelCaps);
  push(ocr, blank().write("HALL 27", 120, 70, 14, 30), 0);
  push(ocr, blank().write("HALL 28", 120, 70, 14, 30), 1);
  const Texts texts = video_texts(ocr, 2);
  int x = 0, y = 0, width = 0, height = 0;
  ASSERT_EQ(std::sscanf(texts[0].c_str(), "%d,%d %dx%d", &x, &y, &width, &height), 4) << texts[0];
  EXPECT_LE(x, 112);
  EXPECT_LE(y, 64);
  EXPECT_GE(x + width, 120 + 7 * 12);
  EXPECT_GE(y + height, 70 + 14);
  EXPECT_LT(width * height, 320 * 160 / 3);
  EXPECT_EQ(texts[1], texts[0]);
}

TEST_F(Gates, AnotherPromptIsAnotherQuestion) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  g_object_set(ocr.element, "prompt", "Describe this image in detail.", nullptr);
  push(ocr, label(), 1);
  push(ocr, label(), 2);
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"read 0", "read 1", "read 1"}));
}

TEST_F(Gates, GatesThatAreSetWhilePlayingHoldFromTheNextFrameOn) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, blank(), 0);
  g_object_set(ocr.element, "skip-blank", FALSE, nullptr);
  push(ocr, blank(), 1);
  g_object_set(ocr.element, "change-threshold", 0, nullptr);
  push(ocr, blank(), 2);
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"-", "read 0", "read 1"}));
}

TEST_F(Gates, ANewSegmentIsReadAnew) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push(ocr, label(), 1);
  EXPECT_EQ(video_texts(ocr, 2), (Texts{"read 0", "read 1"}));
}

TEST_F(Gates, AFlushIsReadAnew) {
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "read 0");
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push(ocr, label(), 1);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "read 1");
}

TEST_F(Gates, WhatFailedIsTriedAgain) {
  fake().set_answer(
      [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
        answer_number(nullptr, request, answer);
        if (request->number == 0) {
          answer->finish_reason = DSOCR_FINISH_ERROR;
          std::strcpy(answer->error, "out of memory");
        }
      },
      nullptr);
  Ocr ocr("", false, kLabelCaps);
  push(ocr, label(), 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "-");
  push(ocr, label(), 1);
  push(ocr, label(), 2);
  EXPECT_EQ(video_texts(ocr, 2), (Texts{"read 1", "read 1"}));
}

TEST_F(Gates, LiveFramesLoseATextThatHasEnded) {
  Ocr ocr("", true, kLabelCaps);
  push(ocr, label(), 0);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "read 0\n");
  push(ocr, label(), 1);
  push(ocr, blank(), 2);
  push(ocr, label(), 3);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "read 1\n");
  push(ocr, label(), 4);
  const Texts texts = video_texts(ocr, 5);
  EXPECT_EQ(texts[1], "read 0");
  EXPECT_EQ(texts[2], "-");
  EXPECT_EQ(texts[4], "read 1");
}

TEST_F(Gates, ALiveReadingThatComesAfterItsTextHasEndedIsNotShown) {
  fake().hold_results(1);
  Ocr ocr("", true, kLabelCaps);
  push(ocr, label(), 0);
  push(ocr, blank(), 1);
  fake().let_through(1);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "read 0\n");
  push(ocr, blank(), 2);
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"-", "-", "-"}));
}

guint64 frame_read(GstBuffer* buffer) {
  const GstStructure* reading = gst_deepseek_ocr_meta_get_structure(buffer);
  guint64 number = G_MAXUINT64;
  if (reading != nullptr) gst_structure_get_uint64(reading, GST_DEEPSEEK_OCR_META_FRAME_NUMBER, &number);
  return number;
}

/// Labels out of focus by so many pixels, ten a second.
void push_blurred(Ocr& ocr, guint64 index, std::initializer_list<int> radii) {
  for (const int radius : radii) {
    Picture picture = label(20);
    push(ocr, picture.blur(radius), index++);
  }
}

TEST_F(Gates, TheSharpestFrameOfAWindowIsRead) {
  Ocr ocr("sharpest-of=400", false, kLabelCaps);
  push_blurred(ocr, 0, {2, 1, 0, 1});
  EXPECT_EQ(ocr.stat("admitted"), 0u);
  push_blurred(ocr, 4, {0, 0});
  EXPECT_EQ(ocr.stat("admitted"), 1u);
  for (int i = 0; i < 6; ++i) {
    const auto frame = ocr.pull_video();
    EXPECT_EQ(meta_text(frame.get()), "read 0") << i;
    EXPECT_EQ(frame_read(frame.get()), 2u) << i;
  }
  EXPECT_EQ(GST_BUFFER_PTS(ocr.pull_text().get()), 2 * kFrame);
}

TEST_F(Gates, AWindowEndsWithTheTextAndWithTheStream) {
  Ocr ocr("sharpest-of=10000 max-hold=60000", false, kLabelCaps);
  push_blurred(ocr, 0, {1, 0});
  push(ocr, blank(), 2);
  EXPECT_EQ(ocr.stat("admitted"), 1u);
  push_blurred(ocr, 3, {0, 1});
  EXPECT_EQ(ocr.stat("admitted"), 1u);
  ocr.push_event(gst_event_new_eos());
  EXPECT_EQ(video_texts(ocr, 5), (Texts{"read 0", "read 0", "-", "read 1", "read 1"}));
  EXPECT_EQ(GST_BUFFER_PTS(ocr.pull_text().get()), kFrame);
  EXPECT_EQ(GST_BUFFER_PTS(ocr.pull_text().get()), 3 * kFrame);
}

TEST_F(Gates, AWindowNeverHoldsMoreThanMayBeHeld) {
  Ocr ocr("sharpest-of=100000 change-threshold=0", false, kLabelCaps);
  for (guint64 i = 0; i < 60; ++i) push(ocr, label(), i);
  EXPECT_GE(ocr.stat("admitted"), 11u);  // five frames each: half of max-hold
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "read 0");
}

TEST_F(Gates, AFlushForgetsAWindow) {
  Ocr ocr("sharpest-of=10000 max-hold=60000", false, kLabelCaps);
  push_blurred(ocr, 0, {1, 0});
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  push_blurred(ocr, 5, {0});
  ocr.push_event(gst_event_new_eos());
  const auto frame = ocr.pull_video();
  EXPECT_EQ(frame_read(frame.get()), 2u);
  EXPECT_EQ(ocr.stat("admitted"), 1u);
}

TEST_F(Gates, ALiveWindowHoldsNoFrameBack) {
  Ocr ocr("sharpest-of=300", true, kLabelCaps);
  push_blurred(ocr, 0, {2, 0, 1});
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"-", "-", "-"}));
  push_blurred(ocr, 3, {0});
  const auto text = ocr.pull_text();
  EXPECT_EQ(text_of(text.get()), "read 0\n");
  push_blurred(ocr, 4, {0});
  ocr.pull_video();
  EXPECT_EQ(frame_read(ocr.pull_video().get()), 1u);
}

TEST_F(Gates, AWindowThatIsOpenIsGivenUpOnStop) {
  Ocr ocr("sharpest-of=10000", true, kLabelCaps);
  push_blurred(ocr, 0, {1, 0});
  EXPECT_EQ(gst_element_set_state(ocr.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(ocr.stat("admitted"), 0u);
}

TEST_F(Gates, PagesAreAlwaysRead) {
  static const gchar* const kTags[] = {nullptr};
  if (gst_meta_get_info(GST_PDF_PAGE_META_NAME) == nullptr)
    gst_meta_register_custom(GST_PDF_PAGE_META_NAME, const_cast<const gchar**>(kTags), nullptr, nullptr, nullptr);
  Ocr ocr("", false, kLabelCaps);
  for (guint64 i = 0; i < 3; ++i) {
    GstBuffer* page = frame_of(i == 2 ? blank() : label(), i);
    GstCustomMeta* meta = gst_buffer_add_custom_meta(page, GST_PDF_PAGE_META_NAME);
    gst_structure_set(gst_custom_meta_get_structure(meta), GST_PDF_PAGE_META_PAGE, G_TYPE_INT, int(i) + 1, nullptr);
    gst_harness_push(ocr.video, page);
  }
  EXPECT_EQ(video_texts(ocr, 3), (Texts{"read 0", "read 1", "read 2"}));
}

}  // namespace
}  // namespace deepseekocr::test
