// SPDX-License-Identifier: MIT
// The text pad: its events, its buffers, its place in time.
#include "support.h"

namespace deepseekocr::test {
namespace {

using TextPad = OcrTest;

GstSegment segment_of(GstEvent* event) {
  GstSegment segment;
  gst_event_copy_segment(event, &segment);
  return segment;
}

TEST_F(TextPad, HasEventsOfItsOwn) {
  Ocr ocr;
  auto start = ocr.pull_text_event();
  ASSERT_EQ(GST_EVENT_TYPE(start.get()), GST_EVENT_STREAM_START);
  const gchar* id = nullptr;
  gst_event_parse_stream_start(start.get(), &id);
  EXPECT_TRUE(g_str_has_suffix(id, "/text")) << id;
  GstStreamFlags flags{};
  gst_event_parse_stream_flags(start.get(), &flags);
  EXPECT_TRUE(flags & GST_STREAM_FLAG_SPARSE);

  auto caps_event = ocr.pull_text_event();
  ASSERT_EQ(GST_EVENT_TYPE(caps_event.get()), GST_EVENT_CAPS);
  GstCaps* caps = nullptr;
  gst_event_parse_caps(caps_event.get(), &caps);
  EXPECT_TRUE(gst_structure_has_name(gst_caps_get_structure(caps, 0), "text/x-raw"));

  auto segment = ocr.pull_text_event();
  EXPECT_EQ(GST_EVENT_TYPE(segment.get()), GST_EVENT_SEGMENT);
}

TEST_F(TextPad, KeepsTheGroupOfTheVideo) {
  Ocr ocr("", false, nullptr);
  GstEvent* start = gst_event_new_stream_start("movie");
  gst_event_set_group_id(start, 77);
  ocr.push_event(start);
  const gchar* id = "";
  Event event;
  while (!g_str_equal(id, "movie/text")) {  // the harness has sent one of its own before
    event = ocr.pull_text_event();
    gst_event_parse_stream_start(event.get(), &id);
  }
  guint group = 0;
  ASSERT_TRUE(gst_event_parse_group_id(event.get(), &group));
  EXPECT_EQ(group, 77u);
}

TEST_F(TextPad, SendsAGapBeforeTheModelIsLoaded) {
  fake().hold_loading(1);
  Ocr ocr;
  for (int i = 0; i < 3; ++i) ocr.pull_text_event();  // STREAM_START, CAPS, SEGMENT
  Event gap(gst_harness_pull_event(ocr.text));
  ASSERT_NE(gap, nullptr);
  EXPECT_EQ(GST_EVENT_TYPE(gap.get()), GST_EVENT_GAP);
  fake().hold_loading(0);
}

TEST_F(TextPad, EachReadingIsOneTerminatedBuffer) {
  Ocr ocr;
  ASSERT_EQ(ocr.push(10, 0), GST_FLOW_OK);
  ASSERT_EQ(ocr.push(20, 1), GST_FLOW_OK);
  auto first = ocr.pull_text(), second = ocr.pull_text();
  EXPECT_EQ(text_of(first.get()), "10\n");
  EXPECT_EQ(text_of(second.get()), "20\n");
  EXPECT_EQ(GST_BUFFER_PTS(second.get()), kFrame);
  EXPECT_EQ(GST_BUFFER_DURATION(second.get()), kFrame);
  EXPECT_EQ(meta_text(second.get()), "20");
}

TEST_F(TextPad, TerminatorCanBeSet) {
  Ocr ocr("text-terminator=\"\"");
  ocr.push(10, 0);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "10");
}

TEST_F(TextPad, NothingReadIsAGap) {
  Ocr ocr;
  ocr.push(0, 0);
  ocr.push(5, 1);
  EXPECT_EQ(GST_BUFFER_PTS(ocr.pull_text().get()), kFrame);
  GstClockTime start = 1, duration = 0;
  for (bool found = false; !found;) {
    Event event(gst_harness_pull_event(ocr.text));
    ASSERT_NE(event, nullptr);
    if (GST_EVENT_TYPE(event.get()) != GST_EVENT_GAP) continue;
    gst_event_parse_gap(event.get(), &start, &duration);
    found = duration == kFrame;
  }
  EXPECT_EQ(start, 0u);
}

TEST_F(TextPad, JsonHasAnObjectForEveryReading) {
  Ocr ocr("text-format=json");
  ocr.push(0, 0);
  auto line = ocr.pull_text();
  const std::string text = text_of(line.get());
  EXPECT_NE(text.find("\"text\":\"\""), std::string::npos) << text;
  EXPECT_EQ(text.back(), '\n');
  Event event;
  while ((event = ocr.pull_text_event()) && GST_EVENT_TYPE(event.get()) != GST_EVENT_CAPS) {
  }
  GstCaps* caps = nullptr;
  gst_event_parse_caps(event.get(), &caps);
  EXPECT_TRUE(gst_structure_has_name(gst_caps_get_structure(caps, 0), "application/x-json"));
}

TEST_F(TextPad, SubtitlesJoinEqualReadings) {
  Ocr ocr("text-format=subtitle");
  const int lumas[] = {0, 7, 7, 7, 0, 8, 9};
  for (guint64 i = 0; i < G_N_ELEMENTS(lumas); ++i) ocr.push(lumas[i], i);
  ocr.push_event(gst_event_new_eos());
  auto seven = ocr.pull_text(), eight = ocr.pull_text(), nine = ocr.pull_text();
  EXPECT_EQ(text_of(seven.get()), "7");
  EXPECT_EQ(GST_BUFFER_PTS(seven.get()), kFrame);
  EXPECT_EQ(GST_BUFFER_DURATION(seven.get()), 3 * kFrame);
  EXPECT_EQ(GST_BUFFER_PTS(eight.get()), 5 * kFrame);
  EXPECT_EQ(text_of(nine.get()), "9");
  EXPECT_EQ(GST_BUFFER_DURATION(nine.get()), kFrame);
}

TEST_F(TextPad, IntervalIsTheDurationOfAReading) {
  Ocr ocr("inference-interval=3");
  for (guint64 i = 0; i < 5; ++i) ocr.push(10 + int(i), i);
  auto first = ocr.pull_text(), second = ocr.pull_text();
  EXPECT_EQ(GST_BUFFER_DURATION(first.get()), 3 * kFrame);
  EXPECT_EQ(GST_BUFFER_PTS(second.get()), 3 * kFrame);
  EXPECT_EQ(text_of(second.get()), "13\n");
  EXPECT_EQ(ocr.stat("skipped-interval"), 3u);
}

TEST_F(TextPad, PositionsAreStreamTime) {
  Ocr ocr("", false, nullptr);
  ocr.push_event(gst_event_new_stream_start("movie"));
  GstCaps* caps = gst_caps_from_string(kCaps);
  ocr.push_event(gst_event_new_caps(caps));
  gst_caps_unref(caps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.start = 10 * kFrame;
  segment.time = 50 * kFrame;
  segment.base = 3 * kFrame;
  ocr.push_event(gst_event_new_segment(&segment));
  ocr.push(10, 12);
  auto text = ocr.pull_text();
  EXPECT_EQ(GST_BUFFER_PTS(text.get()), 52 * kFrame);
  Event event;
  while ((event = ocr.pull_text_event()) && GST_EVENT_TYPE(event.get()) != GST_EVENT_SEGMENT) {
  }
  const GstSegment own = segment_of(event.get());
  EXPECT_EQ(gst_segment_to_stream_time(&own, GST_FORMAT_TIME, 52 * kFrame), 52 * kFrame);
  EXPECT_EQ(gst_segment_to_running_time(&own, GST_FORMAT_TIME, 52 * kFrame),
            gst_segment_to_running_time(&segment, GST_FORMAT_TIME, 12 * kFrame));
}

TEST_F(TextPad, RunningTimeIsThatOfTheVideoAtDoubleRate) {
  Ocr ocr;
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.rate = 2.0;
  segment.start = segment.time = 10 * kFrame;
  segment.stop = 30 * kFrame;
  ocr.push_event(gst_event_new_segment(&segment));
  ocr.push(10, 14);
  auto text = ocr.pull_text();
  Event event;
  while ((event = ocr.pull_text_event())) {
    if (GST_EVENT_TYPE(event.get()) == GST_EVENT_SEGMENT && segment_of(event.get()).rate == 2.0) break;
  }
  const GstSegment own = segment_of(event.get());
  EXPECT_EQ(gst_segment_to_running_time(&own, GST_FORMAT_TIME, GST_BUFFER_PTS(text.get())), 2 * kFrame);
}

TEST_F(TextPad, FramesWithoutTimeDoNotMakeBuffersWithoutTime) {
  Ocr ocr;
  GstBuffer* frame = gray_frame(10, 0);
  GST_BUFFER_PTS(frame) = GST_CLOCK_TIME_NONE;
  ASSERT_EQ(gst_harness_push(ocr.video, frame), GST_FLOW_OK);
  EXPECT_EQ(GST_BUFFER_PTS(ocr.pull_text().get()), 0u);
}

TEST_F(TextPad, OnlyTheVideoIsLinkedInside) {
  Ocr ocr;
  GstPad* sink = gst_element_get_static_pad(ocr.element, "sink");
  GstIterator* links = gst_pad_iterate_internal_links(sink);
  GValue value = G_VALUE_INIT;
  int count = 0;
  while (gst_iterator_next(links, &value) == GST_ITERATOR_OK) {
    ++count;
    EXPECT_STREQ(GST_OBJECT_NAME(g_value_get_object(&value)), "src");
    g_value_reset(&value);
  }
  g_value_unset(&value);
  EXPECT_EQ(count, 1);
  gst_iterator_free(links);
  gst_object_unref(sink);
}

TEST_F(TextPad, QosAndReconfigureStopHere) {
  Ocr ocr;
  const guint before = gst_harness_upstream_events_in_queue(ocr.video);
  gst_harness_push_upstream_event(ocr.text, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.0, 0, 0));
  gst_harness_push_upstream_event(ocr.text, gst_event_new_reconfigure());
  EXPECT_EQ(gst_harness_upstream_events_in_queue(ocr.video), before);
  gst_harness_push_upstream_event(ocr.video, gst_event_new_qos(GST_QOS_TYPE_UNDERFLOW, 1.0, 0, 0));
  EXPECT_EQ(gst_harness_upstream_events_in_queue(ocr.video), before + 1);
}

TEST_F(TextPad, ASeekFromBothPadsGoesUpstreamOnce) {
  Ocr ocr;
  GstEvent* seek =
      gst_event_new_seek(1.0, GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0, GST_SEEK_TYPE_NONE, 0);
  const guint before = gst_harness_upstream_events_in_queue(ocr.video);
  gst_harness_push_upstream_event(ocr.video, gst_event_ref(seek));
  gst_harness_push_upstream_event(ocr.text, seek);
  EXPECT_EQ(gst_harness_upstream_events_in_queue(ocr.video), before + 1);
}

TEST_F(TextPad, AnUnsuitableConsumerIsOneErrorThatNamesBoth) {
  Ocr ocr("text-format=json", false, nullptr);
  gst_harness_set_sink_caps_str(ocr.text, "text/x-raw,format=utf8");
  gst_harness_set_src_caps_str(ocr.video, kCaps);
  auto message = ocr.wait_message(GST_MESSAGE_ERROR);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  EXPECT_TRUE(g_error_matches(error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION));
  EXPECT_NE(std::string(error->message).find("application/x-json"), std::string::npos) << error->message;
  EXPECT_NE(std::string(error->message).find("text/x-raw"), std::string::npos) << error->message;
  g_clear_error(&error);
}

}  // namespace
}  // namespace deepseekocr::test
