// SPDX-License-Identifier: MIT
// End of stream, flushes, segments, caps, gaps, flow returns, latency.
#include <algorithm>

#include "support.h"

namespace deepseekocr::test {
namespace {

using Flow = OcrTest;

/// Counts down what the text pad still sends until `type`.
Event text_event(Ocr& ocr, GstEventType type) {
  Event event;
  while ((event = ocr.pull_text_event()) && GST_EVENT_TYPE(event.get()) != type) {
  }
  return event;
}

TEST_F(Flow, EosComesAfterTheLastText) {
  fake().hold_results(1);
  Ocr ocr("attach=latest");
  for (guint64 i = 0; i < 3; ++i) ocr.push(10 + int(i), i);
  GstEvent* eos = gst_event_new_eos();
  const guint32 seqnum = gst_event_get_seqnum(eos);
  ocr.push_event(eos);
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 0u);
  fake().hold_results(0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(text_of(ocr.pull_text().get()), std::to_string(10 + i) + "\n");
  const auto received = text_event(ocr, GST_EVENT_EOS);
  ASSERT_NE(received, nullptr);
  EXPECT_EQ(gst_event_get_seqnum(received.get()), seqnum);
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 3u);
}

TEST_F(Flow, EosWaitsForHeldFrames) {
  Ocr ocr;
  for (guint64 i = 0; i < 4; ++i) ocr.push(10, i);
  ocr.push_event(gst_event_new_eos());
  EXPECT_EQ(gst_harness_buffers_received(ocr.video), 4u);
}

TEST_F(Flow, EosWithoutAnyFrame) {
  Ocr ocr;
  ocr.push_event(gst_event_new_eos());
  EXPECT_NE(text_event(ocr, GST_EVENT_EOS), nullptr);
}

TEST_F(Flow, AFlushForgetsWhatWasOnItsWay) {
  fake().hold_results(1);
  Ocr ocr;
  for (guint64 i = 0; i < 3; ++i) ocr.push(10, i);
  ocr.push_event(gst_event_new_flush_start());
  fake().wait_waiting(0);  // cancelled
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  fake().hold_results(0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(ocr.push(99, 0), GST_FLOW_OK);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "99");
  EXPECT_EQ(text_of(ocr.pull_text().get()), "99\n");
}

TEST_F(Flow, AFlushWakesABlockedChain) {
  fake().hold_results(1);
  Ocr ocr("max-hold=0");
  ocr.push(10, 0);
  GThread* pusher = g_thread_new(
      "pusher", [](gpointer data) -> gpointer { return GINT_TO_POINTER(static_cast<Ocr*>(data)->push(10, 1)); }, &ocr);
  fake().wait_submitted(2);
  ocr.push_event(gst_event_new_flush_start());
  EXPECT_EQ(GPOINTER_TO_INT(g_thread_join(pusher)), GST_FLOW_FLUSHING);
  ocr.push_event(gst_event_new_flush_stop(TRUE));
}

TEST_F(Flow, ANewSegmentDrainsTheOneBefore) {
  Ocr ocr;
  ocr.push(10, 0);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = 5 * kFrame;
  ocr.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(gst_harness_buffers_received(ocr.video), 1u);
  ocr.push(20, 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20");
}

TEST_F(Flow, SegmentDoneReachesBothPads) {
  Ocr ocr;
  ocr.push(10, 0);
  ocr.push_event(gst_event_new_segment_done(GST_FORMAT_TIME, kFrame));
  EXPECT_NE(text_event(ocr, GST_EVENT_SEGMENT_DONE), nullptr);
  EXPECT_EQ(gst_harness_buffers_received(ocr.text), 1u);
}

TEST_F(Flow, CapsMayChangeInMidStream) {
  Ocr ocr;
  ocr.push(10, 0);
  gst_harness_set_src_caps_str(ocr.video, "video/x-raw,format=RGB,width=5,height=3,framerate=10/1");
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 16 * 3, nullptr);
  gst_buffer_memset(frame, 0, 40, 16 * 3);
  GST_BUFFER_PTS(frame) = kFrame;
  EXPECT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "40");
}

TEST_F(Flow, OnePixelIsRead) {
  Ocr ocr("", false, "video/x-raw,format=GRAY8,width=1,height=1,framerate=0/1");
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 4, nullptr);
  gst_buffer_memset(frame, 0, 9, 4);
  GST_BUFFER_PTS(frame) = 0;
  ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "9");
}

TEST_F(Flow, EveryFormatIsRead) {
  for (const char* format :
       {"NV12", "I420", "NV21", "YUY2", "P010_10LE", "RGB", "BGR", "RGBA", "BGRA", "RGBx", "BGRx", "GRAY8"}) {
    const std::string caps = std::string("video/x-raw,width=33,height=17,framerate=10/1,format=") + format;
    Ocr ocr("skip-blank=false", false, caps.c_str());
    GstVideoInfo info;
    const std::unique_ptr<GstCaps, Unref> parsed(gst_caps_from_string(caps.c_str()));
    gst_video_info_from_caps(&info, parsed.get());
    GstBuffer* frame = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info), nullptr);
    gst_buffer_memset(frame, 0, 77, GST_VIDEO_INFO_SIZE(&info));
    GST_BUFFER_PTS(frame) = 0;
    ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK) << format;
    EXPECT_EQ(meta_text(ocr.pull_video().get()), "77") << format;
  }
}

TEST_F(Flow, AReadOnlyFrameIsReadAndCarriesItsText) {
  static guint8 pixels[kWidth * kHeight];
  std::fill(std::begin(pixels), std::end(pixels), guint8{60});
  Ocr ocr;
  GstBuffer* frame =
      gst_buffer_new_wrapped_full(GST_MEMORY_FLAG_READONLY, pixels, sizeof pixels, 0, sizeof pixels, nullptr, nullptr);
  GST_BUFFER_PTS(frame) = 0;
  GstBuffer* second = gst_buffer_ref(frame);  // not writable
  ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "60");
  EXPECT_EQ(meta_text(second), "-");
  gst_buffer_unref(second);
}

TEST_F(Flow, AGapIsNotRead) {
  Ocr ocr;
  ocr.push_event(gst_event_new_gap(0, kFrame));
  GstBuffer* frame = gray_frame(10, 1);
  GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_GAP);
  gst_harness_push(ocr.video, frame);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "-");
  EXPECT_EQ(ocr.stat("admitted"), 0u);
}

TEST_F(Flow, AHoleInTheInputIsAHoleInTheText) {
  Ocr ocr;
  ocr.push(10, 0);
  GstBuffer* frame = gray_frame(10, 20);
  GST_BUFFER_FLAG_SET(frame, GST_BUFFER_FLAG_DISCONT);
  gst_harness_push(ocr.video, frame);
  ocr.push_event(gst_event_new_eos());
  auto first = ocr.pull_text(), second = ocr.pull_text();
  EXPECT_EQ(GST_BUFFER_PTS(first.get()), 0u);
  EXPECT_EQ(GST_BUFFER_DURATION(first.get()), kFrame);
  EXPECT_EQ(GST_BUFFER_PTS(second.get()), 20 * kFrame);
}

TEST_F(Flow, FramesBeforeTheSegmentAreNotRead) {
  Ocr ocr;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = segment.time = 5 * kFrame;
  ocr.push_event(gst_event_new_segment(&segment));
  ocr.push(10, 2);
  ocr.push(20, 5);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "20\n");
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "-");
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20");
  EXPECT_EQ(ocr.stat("admitted"), 1u);
}

TEST_F(Flow, TagsGoToTheVideoOnly) {
  Ocr ocr;
  ocr.push_event(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "t", nullptr)));
  ocr.push_event(gst_event_new_eos());
  bool tag = false;
  Event event;
  while ((event = ocr.pull_text_event()) && GST_EVENT_TYPE(event.get()) != GST_EVENT_EOS)
    tag = tag || GST_EVENT_TYPE(event.get()) == GST_EVENT_TAG;
  EXPECT_FALSE(tag);
}

int tags_in(GstHarness* harness) {
  int tags = 0;
  while (gst_harness_events_in_queue(harness) > 0)
    tags += GST_EVENT_TYPE(Event(gst_harness_pull_event(harness)).get()) == GST_EVENT_TAG;
  return tags;
}

TEST_F(Flow, TagsKeepTheirPlaceBehindHeldFrames) {
  fake().hold_results(1);
  Ocr ocr;
  ocr.push(10, 0);
  ocr.push_event(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "t", nullptr)));
  ocr.push(20, 1);
  EXPECT_EQ(tags_in(ocr.video), 0);
  fake().hold_results(0);
  for (int i = 0; i < 2; ++i) ocr.pull_video();
  EXPECT_EQ(tags_in(ocr.video), 1);
}

TEST_F(Flow, TagsOutliveAFlush) {
  fake().hold_results(1);
  Ocr ocr;
  ocr.push(10, 0);
  ocr.push_event(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "t", nullptr)));
  ocr.push_event(gst_event_new_flush_start());
  ocr.push_event(gst_event_new_flush_stop(TRUE));
  GstPad* pad = gst_element_get_static_pad(ocr.element, "src");
  const Event tag(gst_pad_get_sticky_event(pad, GST_EVENT_TAG, 0));
  EXPECT_NE(tag, nullptr);
  gst_object_unref(pad);
}

TEST_F(Flow, LatencyIsUpstreamsAndTheHold) {
  for (const bool exact : {false, true}) {
    Ocr ocr(exact ? "attach=exact max-hold=300" : "", true);
    gst_harness_set_upstream_latency(ocr.video, 40 * GST_MSECOND);
    EXPECT_EQ(gst_harness_query_latency(ocr.video), (exact ? 340 : 40) * GST_MSECOND);
    EXPECT_EQ(gst_harness_query_latency(ocr.text), 40 * GST_MSECOND);
  }
}

TEST_F(Flow, FramesWithoutCapsAreRefused) {
  Ocr ocr("", false, nullptr);
  ocr.push_event(gst_event_new_stream_start("x"));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(ocr.push(10, 0), GST_FLOW_NOT_NEGOTIATED);
}

}  // namespace
}  // namespace deepseekocr::test
