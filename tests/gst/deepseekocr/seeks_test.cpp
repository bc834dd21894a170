// SPDX-License-Identifier: MIT
// Seeks of all kinds in a running pipeline: both pads come to an end, and the text pad's running time never goes back.
#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "support.h"

namespace deepseekocr::test {
namespace {

/// What passed the text pad since the last flush.
class TextPadWatch {
 public:
  explicit TextPadWatch(GstElement* element) : pad_(gst_element_get_static_pad(element, "text")) {
    gst_pad_add_probe(pad_,
                      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                                   GST_PAD_PROBE_TYPE_EVENT_FLUSH),
                      on_data, this, nullptr);
  }
  ~TextPadWatch() { gst_object_unref(pad_); }
  TextPadWatch(const TextPadWatch&) = delete;
  TextPadWatch& operator=(const TextPadWatch&) = delete;

  int texts() const { return texts_; }
  /// Waits for the end of `count` segments that were asked for as such.
  void wait_segments(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return segments_done_ >= count; });
  }
  int gaps() const { return gaps_; }
  GstClockTime first_text() const { return first_text_; }
  /// Running time at which the last gap ends.
  GstClockTime end() const { return end_; }

 private:
  static GstPadProbeReturn on_data(GstPad*, GstPadProbeInfo* info, gpointer data) {
    auto* self = static_cast<TextPadWatch*>(data);
    const std::lock_guard lock(self->mutex_);
    if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
      self->see_text(GST_PAD_PROBE_INFO_BUFFER(info));
    else
      self->see_event(GST_PAD_PROBE_INFO_EVENT(info));
    return GST_PAD_PROBE_OK;
  }
  void see_text(GstBuffer* buffer) {
    ++texts_;
    const GstClockTime start = GST_BUFFER_PTS(buffer), end = start + GST_BUFFER_DURATION(buffer);
    first_text_ = std::min(first_text_, start);
    see_position(segment_.rate < 0 ? end : start);
  }
  void see_event(GstEvent* event) {
    GstClockTime start = 0, duration = 0;
    switch (GST_EVENT_TYPE(event)) {
      case GST_EVENT_SEGMENT:
        gst_event_copy_segment(event, &segment_);
        break;
      case GST_EVENT_FLUSH_STOP:
        texts_ = gaps_ = 0;
        running_time_ = 0;
        first_text_ = GST_CLOCK_TIME_NONE;
        break;
      case GST_EVENT_SEGMENT_DONE:
        ++segments_done_;
        changed_.notify_all();
        break;
      case GST_EVENT_GAP:
        gst_event_parse_gap(event, &start, &duration);
        if (!GST_CLOCK_TIME_IS_VALID(duration)) break;
        ++gaps_;
        see_position(segment_.rate < 0 ? start + duration : start);
        end_ = gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, segment_.rate < 0 ? start : start + duration);
        break;
      default:
        break;
    }
  }
  void see_position(GstClockTime position) {
    const GstClockTime running = gst_segment_to_running_time(&segment_, GST_FORMAT_TIME, position);
    EXPECT_TRUE(GST_CLOCK_TIME_IS_VALID(running)) << position;
    EXPECT_GE(running, running_time_);
    running_time_ = running;
  }

  GstPad* pad_;
  std::mutex mutex_;
  std::condition_variable changed_;
  GstSegment segment_{};
  int texts_ = 0, gaps_ = 0, segments_done_ = 0;
  GstClockTime first_text_ = GST_CLOCK_TIME_NONE, running_time_ = 0, end_ = 0;
};

GstMessageType message_type(const GstMessage* message) {
  return GST_MESSAGE_TYPE(message);
}

/// Frames with text without an end, two sinks, paused.  Seeks say where it ends.
class Seeks : public OcrTest {
 protected:
  void start(const char* properties) {
    pipeline_ = gst_parse_launch((std::string("videotestsrc pattern=white ! "
                                              "video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! "
                                              "deepseekocr skip-blank=false name=o ") +
                                  properties + " o.src ! queue ! fakesink o.text ! queue ! fakesink")
                                     .c_str(),
                                 nullptr);
    GstElement* element = gst_bin_get_by_name(GST_BIN(pipeline_), "o");
    watch_ = std::make_unique<TextPadWatch>(element);
    gst_object_unref(element);
    gst_element_set_state(pipeline_, GST_STATE_PAUSED);
    ASSERT_EQ(gst_element_get_state(pipeline_, nullptr, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  }
  void TearDown() override {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    watch_.reset();
    gst_object_unref(pipeline_);
    OcrTest::TearDown();
  }
  bool seek(double rate, int flags, GstClockTime start, GstClockTime stop) {
    return gst_element_seek(pipeline_, rate, GST_FORMAT_TIME, static_cast<GstSeekFlags>(flags), GST_SEEK_TYPE_SET,
                            static_cast<gint64>(start), GST_SEEK_TYPE_SET, static_cast<gint64>(stop));
  }
  /// Plays to the end.  @return the type of the message that ended it.
  GstMessageType play() {
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    GstBus* bus = gst_element_get_bus(pipeline_);
    const Message message(gst_bus_timed_pop_filtered(
        bus, GST_CLOCK_TIME_NONE,
        static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_SEGMENT_DONE)));
    gst_object_unref(bus);
    return message_type(message.get());
  }

  GstElement* pipeline_ = nullptr;
  std::unique_ptr<TextPadWatch> watch_;
};

TEST_F(Seeks, AccurateAndToKeyUnits) {
  start("");
  for (const int flag : {GST_SEEK_FLAG_ACCURATE, GST_SEEK_FLAG_KEY_UNIT}) {
    ASSERT_TRUE(seek(1.0, GST_SEEK_FLAG_FLUSH | flag, GST_SECOND, 3 * GST_SECOND));
    ASSERT_EQ(gst_element_get_state(pipeline_, nullptr, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  }
  EXPECT_EQ(play(), GST_MESSAGE_EOS);
  EXPECT_EQ(watch_->first_text(), GST_SECOND);
}

TEST_F(Seeks, ASegment) {
  start("");
  ASSERT_TRUE(seek(1.0, GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_SEGMENT, 0, GST_SECOND));
  EXPECT_EQ(play(), GST_MESSAGE_SEGMENT_DONE);
  watch_->wait_segments(1);
  EXPECT_GE(watch_->texts(), 1);
  // On and on without a flush, as a loop does it.
  ASSERT_TRUE(seek(1.0, GST_SEEK_FLAG_SEGMENT, 0, GST_SECOND));
  EXPECT_EQ(play(), GST_MESSAGE_SEGMENT_DONE);
  watch_->wait_segments(2);
}

TEST_F(Seeks, DoubleAndHalfSpeed) {
  start("");
  for (const double rate : {2.0, 0.5}) {
    ASSERT_TRUE(seek(rate, GST_SEEK_FLAG_FLUSH, GST_SECOND, 2 * GST_SECOND));
    EXPECT_EQ(play(), GST_MESSAGE_EOS);
    EXPECT_GE(watch_->texts(), 1);
  }
}

TEST_F(Seeks, BackwardsThereAreGapsOnly) {
  start("");
  ASSERT_TRUE(seek(-1.0, GST_SEEK_FLAG_FLUSH, 0, GST_SECOND));
  EXPECT_EQ(play(), GST_MESSAGE_EOS);
  EXPECT_EQ(watch_->texts(), 0);
  EXPECT_GE(watch_->gaps(), 1);
  EXPECT_EQ(watch_->end(), GST_SECOND);
}

TEST_F(Seeks, WhileAReadingIsOnItsWay) {
  start("");
  fake().hold_results(1);
  ASSERT_TRUE(seek(1.0, GST_SEEK_FLAG_FLUSH, GST_SECOND, 3 * GST_SECOND));
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  ASSERT_TRUE(seek(1.0, GST_SEEK_FLAG_FLUSH, 2 * GST_SECOND, 3 * GST_SECOND));
  fake().hold_results(0);
  EXPECT_EQ(play(), GST_MESSAGE_EOS);
  EXPECT_EQ(watch_->first_text(), 2 * GST_SECOND);
}

}  // namespace
}  // namespace deepseekocr::test
