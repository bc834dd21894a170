// SPDX-License-Identifier: MIT
// Which reading a frame carries, when it leaves, and what is dropped.
#include "meta/gstdeepseekocrmeta.h"
#include "support.h"

namespace deepseekocr::test {
namespace {

using Attach = OcrTest;

bool is_changed(GstBuffer* buffer) {
  gboolean changed = FALSE;
  const GstStructure* reading = gst_deepseek_ocr_meta_get_structure(buffer);
  EXPECT_NE(reading, nullptr);
  if (reading != nullptr) gst_structure_get_boolean(reading, GST_DEEPSEEK_OCR_META_CHANGED, &changed);
  return changed;
}

TEST_F(Attach, AFileFrameCarriesItsOwnReading) {
  Ocr ocr;
  for (guint64 i = 0; i < 5; ++i) ASSERT_EQ(ocr.push(10 + int(i), i), GST_FLOW_OK);
  for (int i = 0; i < 5; ++i) {
    auto frame = ocr.pull_video();
    EXPECT_EQ(meta_text(frame.get()), std::to_string(10 + i));
    EXPECT_TRUE(is_changed(frame.get()));
  }
}

TEST_F(Attach, OneFrameComesOutBeforeTheNextGoesIn) {
  Ocr ocr;
  ocr.push(10, 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
}

TEST_F(Attach, SkippedFramesRepeatTheReadingBeforeThem) {
  Ocr ocr("inference-interval=2");
  for (guint64 i = 0; i < 4; ++i) ocr.push(10 + int(i), i);
  const char* texts[] = {"10", "10", "12", "12"};
  for (int i = 0; i < 4; ++i) {
    auto frame = ocr.pull_video();
    EXPECT_EQ(meta_text(frame.get()), texts[i]);
    EXPECT_EQ(is_changed(frame.get()), i % 2 == 0);
  }
}

TEST_F(Attach, HeldFramesWaitForTheirReading) {
  fake().hold_results(1);
  Ocr ocr;
  ocr.push(10, 0);
  ocr.push(20, 1);
  EXPECT_EQ(ocr.stat("held-frames"), 2u);
  EXPECT_EQ(gst_harness_buffers_in_queue(ocr.video), 0u);
  fake().let_through(1);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
  fake().let_through(1);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20");
}

TEST_F(Attach, AFullHoldBlocksTheFileAndDropsNothing) {
  fake().hold_results(1);
  Ocr ocr("max-hold=200");
  for (guint64 i = 0; i < 3; ++i) ocr.push(10, i);
  GThread* pusher = g_thread_new(
      "pusher",
      [](gpointer data) -> gpointer {
        return GINT_TO_POINTER(static_cast<Ocr*>(data)->push(10, 3));  // waits: 300 ms would be held
      },
      &ocr);
  fake().wait_submitted(4);
  EXPECT_EQ(ocr.stat("held-frames"), 3u);
  fake().hold_results(0);
  EXPECT_EQ(GPOINTER_TO_INT(g_thread_join(pusher)), GST_FLOW_OK);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
  EXPECT_EQ(ocr.stat("dropped"), 0u);
}

TEST_F(Attach, ALiveFrameLeavesAtOnce) {
  fake().hold_results(1);
  Ocr ocr("", true);
  ocr.push(10, 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "-");
  fake().let_through(1);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "10\n");
  ocr.push(20, 1);
  auto first = ocr.pull_video();
  EXPECT_EQ(meta_text(first.get()), "10");
  EXPECT_TRUE(is_changed(first.get()));
  ocr.push(30, 2);
  auto repeat = ocr.pull_video();
  EXPECT_EQ(meta_text(repeat.get()), "10");
  EXPECT_FALSE(is_changed(repeat.get()));
}

TEST_F(Attach, LiveReadsTheNewestFrameAndCountsTheOthers) {
  fake().hold_results(1);
  Ocr ocr("", true);
  for (guint64 i = 0; i < 6; ++i) {
    ocr.push(10 + int(i), i);
    if (i == 0) ocr.wait_message(GST_MESSAGE_PROGRESS);
    EXPECT_NE(ocr.pull_video(), nullptr);
  }
  fake().hold_results(0);
  // The frame that the engine had begun with, or one that took its place before it was loaded; then the newest.
  std::string last;
  while (last != "15\n") last = text_of(ocr.pull_text().get());
  EXPECT_GE(ocr.stat("dropped"), 4u);
  EXPECT_EQ(ocr.stat("frames-out"), 6u);
}

TEST_F(Attach, LiveExactLetsAFrameGoAfterItsTime) {
  fake().hold_results(1);
  Ocr ocr("attach=exact max-hold=20", true);
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  EXPECT_EQ(meta_text(frame.get()), "-");
  EXPECT_EQ(ocr.stat("overdue"), 1u);
}

/// A frame with everything on it that could get lost.
GstBuffer* frame_with_extras(guint64 index) {
  GstBuffer* frame = gray_frame(20, index);
  GST_BUFFER_DTS(frame) = index * kFrame + 1;
  GST_BUFFER_OFFSET(frame) = index;
  GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_MARKER);
  gst_buffer_add_video_region_of_interest_meta(frame, "face", 1, 2, 3, 4);
  return frame;
}

TEST_F(Attach, LiveFramesKeepWhatTheyCameWith) {
  Ocr ocr("attach=latest", true);
  ocr.push(10, 0);
  ocr.pull_text();
  fake().hold_results(1);
  const bool shown = meta_text(ocr.pull_video().get()) == "10";
  // The first that shows the reading says that it changed; those after it are kept until they are read, and repeat it.
  for (guint64 i = 1; i < 5; ++i) {
    GstBuffer* frame = frame_with_extras(i);
    GstMemory* memory = gst_buffer_peek_memory(frame, 0);
    ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
    const auto out = ocr.pull_video();
    EXPECT_EQ(meta_text(out.get()), "10") << i;
    EXPECT_EQ(is_changed(out.get()), i == 1 && !shown) << i;
    EXPECT_EQ(gst_buffer_peek_memory(out.get(), 0), memory) << i;
    EXPECT_EQ(GST_BUFFER_PTS(out.get()), i * kFrame);
    EXPECT_EQ(GST_BUFFER_DTS(out.get()), i * kFrame + 1);
    EXPECT_EQ(GST_BUFFER_DURATION(out.get()), kFrame);
    EXPECT_EQ(GST_BUFFER_OFFSET(out.get()), i);
    EXPECT_TRUE(GST_BUFFER_FLAG_IS_SET(out.get(), GST_BUFFER_FLAG_MARKER)) << i;
    EXPECT_EQ(gst_buffer_get_n_meta(out.get(), GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE), 1u) << i;
  }
}

TEST_F(Attach, OfTwoElementsInARowTheSecondIsSeen) {
  Ocr first("attach=latest", true), second("attach=latest", true);
  first.push(10, 0);
  first.pull_text();
  second.push(90, 0);
  second.pull_text();
  fake().hold_results(1);
  first.pull_video();
  second.pull_video();
  const GType api = gst_meta_get_info(GST_DEEPSEEK_OCR_META_NAME)->api;
  for (guint64 i = 1; i < 4; ++i) {
    first.push(10, i);
    ASSERT_EQ(gst_harness_push(second.video, first.pull_video().release()), GST_FLOW_OK);
    const auto out = second.pull_video();
    EXPECT_EQ(meta_text(out.get()), "90") << i;
    EXPECT_EQ(gst_buffer_get_n_meta(out.get(), api), 1u) << i;
  }
}

TEST_F(Attach, LiveIsToldToTheEngine) {
  Ocr ocr("", true);
  ocr.push(10, 0);
  ocr.pull_text();
  DsocrFakeCounters counters;
  fake().get_counters(&counters);
  EXPECT_EQ(counters.live, 1);
}

TEST_F(Attach, ALiveSourceMayBeReadCompletely) {
  Ocr ocr("attach=exact drop=never", true);
  for (guint64 i = 0; i < 20; ++i) ocr.push(10 + int(i), i);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(meta_text(ocr.pull_video().get()), std::to_string(10 + i));
}

TEST_F(Attach, AFullEngineQueueIsWaitedForInAFile) {
  fake().set_queue_limit(2);
  Ocr ocr;
  for (guint64 i = 0; i < 30; ++i) ASSERT_EQ(ocr.push(10 + int(i), i), GST_FLOW_OK);
  for (int i = 0; i < 30; ++i) EXPECT_EQ(meta_text(ocr.pull_video().get()), std::to_string(10 + i));
}

TEST_F(Attach, FramesOfASmallPoolAreCopiedNotKept) {
  fake().hold_results(1);
  Ocr ocr;
  GstBufferPool* pool = gst_buffer_pool_new();
  GstStructure* config = gst_buffer_pool_get_config(pool);
  GstCaps* caps = gst_caps_from_string(kCaps);
  gst_buffer_pool_config_set_params(config, caps, kWidth * kHeight, 1, 1);
  gst_caps_unref(caps);
  gst_buffer_pool_set_config(pool, config);
  gst_buffer_pool_set_active(pool, TRUE);
  for (guint64 i = 0; i < 4; ++i) {
    GstBuffer* frame = nullptr;  // waits for ever if the element keeps the only buffer
    ASSERT_EQ(gst_buffer_pool_acquire_buffer(pool, &frame, nullptr), GST_FLOW_OK);
    gst_buffer_memset(frame, 0, guint8(10 + i), kWidth * kHeight);
    GST_BUFFER_PTS(frame) = i * kFrame;
    ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
  }
  fake().hold_results(0);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(meta_text(ocr.pull_video().get()), std::to_string(10 + i));
  gst_buffer_pool_set_active(pool, FALSE);
  gst_object_unref(pool);
}

}  // namespace
}  // namespace deepseekocr::test
