// SPDX-License-Identifier: MIT
// Whole pipelines, above all those that deadlock where a sparse text pad is done wrong.  Each must end.
#include "support.h"

namespace deepseekocr::test {
namespace {

class Pipelines : public OcrTest {
 protected:
  /// Skips where a distribution has left an element out.
  static bool have(const std::vector<const char*>& factories) {
    for (const char* name : factories) {
      GstElementFactory* factory = gst_element_factory_find(name);
      if (factory == nullptr) return false;
      gst_object_unref(factory);
    }
    return true;
  }
  TemporaryFolder folder;
};

#define REQUIRE_ELEMENTS(...) \
  if (!have({__VA_ARGS__})) GTEST_SKIP() << "needs " #__VA_ARGS__

/// White frames: the fake engine reads them, where the gates that know blank and unchanged frames are off.
constexpr const char* kSource =
    "videotestsrc num-buffers=30 pattern=white ! video/x-raw,format=I420,width=64,height=48,framerate=10/1 ! ";

constexpr const char* kLiveSource =
    "videotestsrc is-live=true num-buffers=15 pattern=white ! "
    "video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! ";

TEST_F(Pipelines, OnlyTheVideoPadIsLinked) {
  EXPECT_EQ(run_pipeline(std::string(kSource) + "deepseekocr ! fakesink"), "");
}

TEST_F(Pipelines, OnlyTheTextPadIsLinked) {
  EXPECT_EQ(run_pipeline(std::string(kSource) +
                         "deepseekocr skip-blank=false change-threshold=0 name=o o.text ! filesink location=" +
                         folder.file("t")),
            "");
  EXPECT_EQ(read_file(folder.file("t")), "235\n");
}

TEST_F(Pipelines, OnePadIsLinkedThroughAQueue) {
  EXPECT_EQ(run_pipeline(std::string(kSource) + "deepseekocr ! queue ! fakesink sync=true"), "");
  EXPECT_EQ(run_pipeline(std::string(kSource) + "deepseekocr name=o o.text ! queue ! fakesink sync=true"), "");
}

TEST_F(Pipelines, TextAndVideoWithoutAnyQueue) {
  EXPECT_EQ(run_pipeline(
                std::string(kSource) +
                "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! fakesink sync=true o.text ! fakesink"),
            "");
}

TEST_F(Pipelines, ATeeBeforeAndBehind) {
  EXPECT_EQ(run_pipeline(std::string(kSource) + "tee name=a a. ! queue ! fakesink a. ! queue ! deepseekocr "
                                                "skip-blank=false change-threshold=0 name=o o.src ! tee name=b b. ! "
                                                "queue ! fakesink b. ! queue ! fakesink o.text ! queue ! fakesink"),
            "");
}

TEST_F(Pipelines, ASubtitleFile) {
  REQUIRE_ELEMENTS("srtenc");
  EXPECT_EQ(run_pipeline(std::string(kSource) +
                         "deepseekocr skip-blank=false change-threshold=0 text-format=subtitle name=o o.text ! srtenc "
                         "! filesink location=" +
                         folder.file("s")),
            "");
  EXPECT_EQ(read_file(folder.file("s")), "1\n00:00:00,000 --> 00:00:03,000\n235\n\n");
}

TEST_F(Pipelines, PlainTextBeforeAnEncoderMakesCues) {
  REQUIRE_ELEMENTS("srtenc");
  EXPECT_EQ(run_pipeline(
                std::string(kSource) +
                "deepseekocr skip-blank=false change-threshold=0 name=o o.text ! queue ! srtenc ! filesink location=" +
                folder.file("s")),
            "");
  EXPECT_EQ(read_file(folder.file("s")), "1\n00:00:00,000 --> 00:00:03,000\n235\n\n");
}

TEST_F(Pipelines, WebVttIsEscaped) {
  REQUIRE_ELEMENTS("webvttenc");
  fake().set_answer(
      [](void*, const DsocrFakeRequest*, DsocrFakeAnswer* answer) { g_strlcpy(answer->text, "A & B", 9); }, nullptr);
  EXPECT_EQ(
      run_pipeline(std::string(kSource) +
                   "deepseekocr skip-blank=false change-threshold=0 name=o o.text ! webvttenc ! filesink location=" +
                   folder.file("v")),
      "");
  EXPECT_NE(read_file(folder.file("v")).find("A &amp; B"), std::string::npos);
}

TEST_F(Pipelines, AnOverlayThatWaitsForText) {
  REQUIRE_ELEMENTS("textoverlay");
  EXPECT_EQ(
      run_pipeline("textoverlay name=t ! fakesink " + std::string(kSource) +
                   "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! t.video_sink o.text ! t.text_sink"),
      "");
}

TEST_F(Pipelines, AnOverlayThatWaitsForTextWhileNothingIsHeld) {
  REQUIRE_ELEMENTS("textoverlay");
  for (const char* properties : {"max-hold=0", "attach=latest", "text-format=subtitle max-hold=0"}) {
    EXPECT_EQ(run_pipeline("textoverlay name=t ! fakesink " + std::string(kSource) +
                           "deepseekocr skip-blank=false change-threshold=0 name=o " + properties +
                           " o.src ! t.video_sink o.text ! t.text_sink"),
              "");
  }
}

TEST_F(Pipelines, AMatroskaFileWithSubtitles) {
  REQUIRE_ELEMENTS("matroskamux");
  EXPECT_EQ(run_pipeline("matroskamux name=m ! filesink location=" + folder.file("m") + " " + kSource +
                         "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! m. o.text ! m."),
            "");
  EXPECT_GT(read_file(folder.file("m")).size(), 30u * 64 * 48);
}

TEST_F(Pipelines, AnMp4FileWithSubtitles) {
  REQUIRE_ELEMENTS("mp4mux", "x264enc");
  EXPECT_EQ(run_pipeline("mp4mux name=m ! filesink location=" + folder.file("m") + " " + kSource +
                         "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! x264enc ! m. o.text ! m."),
            "");
  EXPECT_GT(read_file(folder.file("m")).size(), 500u);
}

TEST_F(Pipelines, FramesWithoutTextDoNotStopAMuxer) {
  REQUIRE_ELEMENTS("matroskamux", "mp4mux", "x264enc", "textoverlay");
  fake().set_answer(
      [](void*, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
        if (request->number >= 10 && request->number < 13) g_strlcpy(answer->text, "text", 9);
      },
      nullptr);
  for (const char* muxer : {"matroskamux", "mp4mux"}) {
    EXPECT_EQ(run_pipeline(std::string(muxer) + " name=m ! fakesink " + kSource +
                           "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! x264enc ! m. o.text ! m."),
              "");
  }
  EXPECT_EQ(
      run_pipeline("textoverlay name=t ! fakesink " + std::string(kSource) +
                   "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! t.video_sink o.text ! t.text_sink"),
      "");
}

TEST_F(Pipelines, SubtitlesInAFileComeInSteps) {
  REQUIRE_ELEMENTS("matroskamux", "matroskademux");
  ASSERT_EQ(run_pipeline("matroskamux name=m ! filesink location=" + folder.file("m") + " " + kSource +
                         "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! m. o.text ! m."),
            "");
  ASSERT_EQ(run_pipeline("filesrc location=" + folder.file("m") +
                         " ! matroskademux name=d d.subtitle_0 ! queue ! filesink location=" + folder.file("t") +
                         " d.video_0 ! queue ! fakesink"),
            "");
  const std::string text = read_file(folder.file("t"));
  EXPECT_GE(text.size(), 6 * 3u);
  EXPECT_LT(text.size(), 30 * 3u);
}

TEST_F(Pipelines, ASplitFileWithSubtitles) {
  REQUIRE_ELEMENTS("splitmuxsink", "x264enc");
  EXPECT_EQ(
      run_pipeline(
          "splitmuxsink name=m muxer-factory=matroskamux location=" + folder.file("%02d.mkv") + " " + kSource +
          "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! x264enc ! m.video o.text ! m.subtitle_0"),
      "");
}

TEST_F(Pipelines, ALiveSource) {
  EXPECT_EQ(run_pipeline("videotestsrc is-live=true num-buffers=10 pattern=white ! "
                         "video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! deepseekocr skip-blank=false "
                         "change-threshold=0 name=o o.src ! "
                         "fakesink sync=true o.text ! fakesink sync=true"),
            "");
}

TEST_F(Pipelines, ALiveSourceBeforeAnOverlayThatWaitsForText) {
  REQUIRE_ELEMENTS("textoverlay");
  for (const char* properties : {"", "latency=200", "lateness=200"}) {
    EXPECT_EQ(run_pipeline("textoverlay name=t ! fakesink sync=true " + std::string(kLiveSource) +
                           "deepseekocr skip-blank=false name=o " + properties +
                           " o.src ! queue ! t.video_sink o.text ! t.text_sink"),
              "");
  }
}

TEST_F(Pipelines, ALiveSourceIntoAFileWithSubtitles) {
  REQUIRE_ELEMENTS("matroskamux");
  EXPECT_EQ(run_pipeline("matroskamux name=m ! filesink location=" + folder.file("m") + " " + kLiveSource +
                         "deepseekocr skip-blank=false name=o latency=100 o.src ! queue ! m. o.text ! queue ! m."),
            "");
}

TEST_F(Pipelines, MetadataSurvivesConversion) {
  Ocr ocr;
  GstHarness* convert = gst_harness_new_parse(
      "videoconvert ! videoscale ! capsfilter caps=\"video/x-raw,format=RGB,width=32,height=16\"");
  gst_harness_set_src_caps_str(convert, kCaps);
  ocr.push(10, 0);
  gst_harness_push(convert, ocr.pull_video().release());
  EXPECT_EQ(meta_text(Buffer(gst_harness_pull(convert)).get()), "10");
  gst_harness_teardown(convert);
}

TEST_F(Pipelines, ASubtitleFileIsPausedAndPlayed) {
  REQUIRE_ELEMENTS("srtenc");
  GstElement* pipeline = gst_parse_launch(
      (std::string(kSource) +
       "deepseekocr skip-blank=false text-format=subtitle name=o o.src ! fakesink o.text ! srtenc ! filesink " +
       "location=" + folder.file("s"))
          .c_str(),
      nullptr);
  for (int i = 0; i < 3; ++i) {
    gst_element_set_state(pipeline, GST_STATE_PAUSED);
    EXPECT_EQ(gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    EXPECT_EQ(gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  }
  GstBus* bus = gst_element_get_bus(pipeline);
  const Message message(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
                                                   static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  EXPECT_EQ(GST_MESSAGE_TYPE(message.get()), GST_MESSAGE_EOS);
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(pipeline);
  EXPECT_EQ(read_file(folder.file("s")), "1\n00:00:00,000 --> 00:00:03,000\n235\n\n");
}

TEST_F(Pipelines, AFileThatIsPausedPrerollsAndSeeks) {
  fake().hold_loading(1);
  GstElement* pipeline =
      gst_parse_launch((std::string(kSource) + "deepseekocr skip-blank=false change-threshold=0 name=o o.src ! queue ! "
                                               "fakesink name=v o.text ! fakesink name=t")
                           .c_str(),
                       nullptr);
  gst_element_set_state(pipeline, GST_STATE_PAUSED);
  // The text sink prerolls on the first GAP, the video sink on its first frame with its reading.
  fake().wait_submitted(1);
  fake().hold_loading(0);
  GstState state = GST_STATE_NULL;
  EXPECT_EQ(gst_element_get_state(pipeline, &state, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(state, GST_STATE_PAUSED);
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(gst_element_seek_simple(pipeline, GST_FORMAT_TIME,
                                        static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_ACCURATE),
                                        i * 300 * GST_MSECOND));
    EXPECT_EQ(gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE), GST_STATE_CHANGE_SUCCESS);
  }
  EXPECT_EQ(gst_element_set_state(pipeline, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  gst_object_unref(pipeline);
}

TEST_F(Pipelines, StoppedInTheMiddleAndStartedAgain) {
  GstElement* pipeline = gst_parse_launch(
      "videotestsrc pattern=white ! video/x-raw,format=I420,width=64,height=48 ! deepseekocr skip-blank=false "
      "change-threshold=0 name=o o.src ! queue ! "
      "fakesink o.text ! queue ! fakesink",
      nullptr);
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(gst_element_set_state(pipeline, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    gst_element_get_state(pipeline, nullptr, nullptr, GST_CLOCK_TIME_NONE);
    ASSERT_EQ(gst_element_set_state(pipeline, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
  gst_object_unref(pipeline);
}

}  // namespace
}  // namespace deepseekocr::test
