// SPDX-License-Identifier: MIT
// The text pad behind a live source: positions by the clock, late results, standing texts, delays, dropped readings.
#include <gst/check/gsttestclock.h>

#include "meta/gstdeepseekocrmeta.h"
#include "support.h"

namespace deepseekocr::test {
namespace {

constexpr GstClockTime kMs = GST_MSECOND;

/// A live element on a clock that the test moves.
class OnTestClock {
 public:
  explicit OnTestClock(const std::string& properties = "") : ocr(properties, true) {
    clock_ = GST_TEST_CLOCK(gst_test_clock_new());
    gst_element_set_clock(ocr.element, GST_CLOCK(clock_));
    gst_element_set_base_time(ocr.element, 0);
    gst_element_set_state(ocr.element, GST_STATE_PAUSED);
    gst_element_set_state(ocr.element, GST_STATE_PLAYING);
  }
  ~OnTestClock() {
    gst_element_set_state(ocr.element, GST_STATE_NULL);
    gst_object_unref(clock_);
  }
  OnTestClock(const OnTestClock&) = delete;
  OnTestClock& operator=(const OnTestClock&) = delete;

  /// Lets the clock's pulses come until `time`.
  void run_until(GstClockTime time) {
    while (gst_clock_get_time(GST_CLOCK(clock_)) < time) ASSERT_TRUE(gst_test_clock_crank(clock_));
  }
  /// Waits for the GAP that ends at `time`.  @return false: one went beyond.
  bool gaps_reach(GstClockTime time) {
    while (position_ < time) {
      const Event event(gst_harness_pull_event(ocr.text));
      if (event == nullptr) return false;
      if (GST_EVENT_TYPE(event.get()) != GST_EVENT_GAP) continue;
      GstClockTime start = 0, duration = 0;
      gst_event_parse_gap(event.get(), &start, &duration);
      EXPECT_GE(start, position_);
      if (GST_CLOCK_TIME_IS_VALID(duration)) position_ = start + duration;
    }
    return position_ == time;
  }

  Ocr ocr;

 private:
  GstTestClock* clock_;
  GstClockTime position_ = 0;
};

bool is_changed(GstBuffer* buffer) {
  gboolean changed = FALSE;
  gst_structure_get_boolean(gst_deepseek_ocr_meta_get_structure(buffer), GST_DEEPSEEK_OCR_META_CHANGED, &changed);
  return changed;
}

guint64 pts_in_meta(GstBuffer* buffer) {
  guint64 pts = 1;
  gst_structure_get_uint64(gst_deepseek_ocr_meta_get_structure(buffer), GST_DEEPSEEK_OCR_META_PTS, &pts);
  return pts;
}

using Live = OcrTest;

TEST_F(Live, PositionsFollowTheClockWithoutFrames) {
  OnTestClock test;
  test.run_until(300 * kMs);
  EXPECT_TRUE(test.gaps_reach(300 * kMs));
}

TEST_F(Live, PositionsFollowTheClockWhileAReadingIsOnItsWay) {
  fake().hold_results(1);
  OnTestClock test;
  test.ocr.push(10, 0);
  test.run_until(500 * kMs);
  EXPECT_TRUE(test.gaps_reach(500 * kMs));
  EXPECT_EQ(gst_harness_buffers_in_queue(test.ocr.text), 0u);
}

TEST_F(Live, PositionsStayBehindByTheLatency) {
  OnTestClock test("latency=200");
  gst_harness_set_upstream_latency(test.ocr.video, 50 * kMs);
  gst_harness_query_latency(test.ocr.text);
  test.run_until(400 * kMs);
  EXPECT_TRUE(test.gaps_reach(150 * kMs));
}

TEST_F(Live, PositionsStopWithTheClock) {
  OnTestClock test;
  test.run_until(100 * kMs);
  EXPECT_TRUE(test.gaps_reach(100 * kMs));
  gst_element_set_state(test.ocr.element, GST_STATE_PAUSED);
  gst_element_set_state(test.ocr.element, GST_STATE_PLAYING);
  test.run_until(200 * kMs);
  EXPECT_TRUE(test.gaps_reach(200 * kMs));
}

TEST_F(Live, ALateResultIsStampedAtThePositionAndKeepsItsOwnTime) {
  fake().hold_results(1);
  for (const char* format : {"plain", "json"}) {
    OnTestClock test(std::string("text-format=") + format);
    test.ocr.push(10, 0);
    test.run_until(400 * kMs);
    ASSERT_TRUE(test.gaps_reach(400 * kMs));
    fake().let_through(1);
    const auto text = test.ocr.pull_text();
    EXPECT_EQ(GST_BUFFER_PTS(text.get()), 400 * kMs);
    EXPECT_EQ(pts_in_meta(text.get()), 0u);
    if (std::string(format) == "json") {
      EXPECT_NE(text_of(text.get()).find("\"pts\":0,"), std::string::npos) << text_of(text.get());
    }
  }
}

TEST_F(Live, AResultWithinTheLatencyHasTheTimeOfItsFrame) {
  fake().hold_results(1);
  OnTestClock test("latency=500");
  test.ocr.push(10, 1);
  test.run_until(550 * kMs);
  ASSERT_TRUE(test.gaps_reach(50 * kMs));
  fake().let_through(1);
  EXPECT_EQ(GST_BUFFER_PTS(test.ocr.pull_text().get()), kFrame);
}

TEST_F(Live, LatenessMovesTheSegmentAndGivesTextsTime) {
  fake().hold_results(1);
  OnTestClock test("lateness=500");
  Event event;
  while ((event = test.ocr.pull_text_event()) && GST_EVENT_TYPE(event.get()) != GST_EVENT_SEGMENT) {
  }
  GstSegment segment;
  gst_event_copy_segment(event.get(), &segment);
  EXPECT_EQ(segment.base, 500 * kMs);
  test.ocr.push(10, 1);
  test.run_until(550 * kMs);
  ASSERT_TRUE(test.gaps_reach(50 * kMs));
  fake().let_through(1);
  EXPECT_EQ(GST_BUFFER_PTS(test.ocr.pull_text().get()), kFrame);
  EXPECT_EQ(gst_harness_query_latency(test.ocr.text), 0u);
}

TEST_F(Live, AStandingTextIsRepeatedWithoutAHole) {
  OnTestClock test("cue-step=200");
  test.ocr.push(10, 0);
  auto first = test.ocr.pull_text();
  test.run_until(1000 * kMs);
  EXPECT_TRUE(is_changed(first.get()));
  GstClockTime end = GST_BUFFER_PTS(first.get()) + GST_BUFFER_DURATION(first.get());
  for (int i = 0; i < 4; ++i) {
    auto repeat = test.ocr.pull_text();
    EXPECT_EQ(text_of(repeat.get()), "10\n");
    EXPECT_EQ(GST_BUFFER_PTS(repeat.get()), end);
    EXPECT_EQ(GST_BUFFER_DURATION(repeat.get()), 200 * kMs);
    EXPECT_FALSE(is_changed(repeat.get()));
    EXPECT_EQ(pts_in_meta(repeat.get()), 0u);
    end += GST_BUFFER_DURATION(repeat.get());
  }
}

TEST_F(Live, AChangedTextStartsWhereTheSliceSentEnds) {
  OnTestClock test;
  test.ocr.push(10, 0);
  auto first = test.ocr.pull_text();
  test.ocr.push(20, 1);
  auto second = test.ocr.pull_text();
  EXPECT_EQ(text_of(second.get()), "20\n");
  EXPECT_EQ(GST_BUFFER_PTS(second.get()), GST_BUFFER_PTS(first.get()) + 500 * kMs);
  EXPECT_TRUE(is_changed(second.get()));
}

TEST_F(Live, ATextThatIsGoneIsNotRepeated) {
  OnTestClock test("cue-step=100");
  test.ocr.push(10, 0);
  test.ocr.wait_message(GST_MESSAGE_ELEMENT);
  test.ocr.push(0, 1);
  test.ocr.wait_message(GST_MESSAGE_ELEMENT);
  test.run_until(800 * kMs);
  EXPECT_TRUE(test.gaps_reach(800 * kMs));
  EXPECT_LE(gst_harness_buffers_received(test.ocr.text), 4u);  // what was sent ahead of the stream, no more
}

TEST_F(Live, LatencyIsAnsweredByThePadThatHasIt) {
  Ocr ocr("latency=300", true);
  gst_harness_set_upstream_latency(ocr.video, 40 * kMs);
  EXPECT_EQ(gst_harness_query_latency(ocr.text), 340 * kMs);
  EXPECT_EQ(gst_harness_query_latency(ocr.video), 40 * kMs);
  Ocr file("latency=300 attach=exact");
  EXPECT_EQ(gst_harness_query_latency(file.text), 0u);
  EXPECT_EQ(gst_harness_query_latency(file.video), 0u);
}

TEST_F(Live, AChangedLatencyIsAMessage) {
  Ocr ocr("", true);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_LATENCY), nullptr);
  g_object_set(ocr.element, "latency", 200, nullptr);
  EXPECT_NE(ocr.pop_message(GST_MESSAGE_LATENCY), nullptr);
  EXPECT_EQ(gst_harness_query_latency(ocr.text), 200 * kMs);
}

/// Lets the monotonic clock go on.
void wait_ms(guint64 time) {
  GstClock* clock = gst_system_clock_obtain();
  GstClockID id = gst_clock_new_single_shot_id(clock, gst_clock_get_time(clock) + time * kMs);
  gst_clock_id_wait(id, nullptr);
  gst_clock_id_unref(id);
  gst_object_unref(clock);
}

TEST_F(Live, TheDelayIsObserved) {
  fake().hold_results(1);
  Ocr ocr("", true);
  guint notified = 0;
  g_signal_connect(ocr.element, "notify::max-observed-delay",
                   G_CALLBACK(+[](GObject*, GParamSpec*, gpointer data) { ++*static_cast<guint*>(data); }), &notified);
  ocr.push(10, 0);
  wait_ms(5);
  fake().let_through(1);
  ocr.pull_text();
  guint64 delay = 0;
  g_object_get(ocr.element, "max-observed-delay", &delay, nullptr);
  EXPECT_GE(delay, 5 * kMs);
  EXPECT_EQ(notified, 1u);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);  // nothing was promised
}

TEST_F(Live, LaterThanPromisedIsAWarningWithDetails) {
  fake().hold_results(1);
  Ocr ocr("latency=2 lateness=1", true);
  ocr.push(10, 0);
  wait_ms(10);
  fake().let_through(1);
  ocr.pull_text();
  const auto message = ocr.pop_message(GST_MESSAGE_WARNING);
  ASSERT_NE(message, nullptr);
  const GstStructure* details = nullptr;
  gst_message_parse_warning_details(message.get(), &details);
  ASSERT_NE(details, nullptr);
  EXPECT_TRUE(gst_structure_has_name(details, "deepseekocr/excessive-delay"));
  guint64 delay = 0, promised = 0;
  EXPECT_TRUE(gst_structure_get_uint64(details, "new-observed-max-delay", &delay));
  EXPECT_TRUE(gst_structure_get_uint64(details, "promised-delay", &promised));
  EXPECT_GE(delay, 10 * kMs);
  EXPECT_EQ(promised, 3 * kMs);
}

TEST_F(Live, AFileHasNoDelayToObserve) {
  Ocr ocr("latency=1");
  ocr.push(10, 0);
  ocr.push_event(gst_event_new_eos());
  ocr.pull_text();
  guint64 delay = 1;
  g_object_get(ocr.element, "max-observed-delay", &delay, nullptr);
  EXPECT_EQ(delay, 0u);
}

TEST_F(Live, DroppedReadingsAreQosMessagesWhereWanted) {
  for (const bool wanted : {false, true}) {
    fake().reset();
    fake().hold_results(1);
    Ocr ocr(wanted ? "qos=true" : "", true);
    ocr.push(10, 0);
    for (guint64 i = 1; i < 6; ++i) ocr.push(10 + int(i), i);
    fake().hold_results(0);
    while (text_of(ocr.pull_text().get()) != "15\n") {
    }
    const auto message = ocr.pop_message(GST_MESSAGE_QOS);
    EXPECT_EQ(message != nullptr, wanted);
    if (!wanted) continue;
    guint64 processed = 0, dropped = 0, timestamp = 0;
    GstFormat format{};
    gboolean live = FALSE;
    gst_message_parse_qos(message.get(), &live, nullptr, nullptr, &timestamp, nullptr);
    gst_message_parse_qos_stats(message.get(), &format, &processed, &dropped);
    EXPECT_TRUE(live);
    EXPECT_LE(timestamp, kFrame);  // the first one where the engine had not begun with it
    EXPECT_EQ(format, GST_FORMAT_BUFFERS);
    EXPECT_GE(dropped, 4u);
    EXPECT_EQ(ocr.pop_message(GST_MESSAGE_QOS), nullptr);  // one a second
  }
}

TEST_F(Live, ANewSegmentDoesNotGoBack) {
  OnTestClock test;
  test.ocr.push(10, 0);
  test.ocr.pull_text();
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  segment.base = 2 * kFrame;
  test.ocr.push_event(gst_event_new_segment(&segment));
  test.ocr.push(20, 0);
  // What was sent reaches to 600 ms of running time, which is 400 ms in the new segment.
  auto text = test.ocr.pull_text();
  EXPECT_GE(GST_BUFFER_PTS(text.get()) + segment.base, 500 * kMs);
}

}  // namespace
}  // namespace deepseekocr::test
