// SPDX-License-Identifier: MIT
// What a request asks for, and what becomes of its result: metadata, messages, warnings.
#include "meta/gstdeepseekocrmeta.h"
#include "support.h"

namespace deepseekocr::test {
namespace {

/// Keeps the last request.  Looked at when every reading that was asked for has come.
struct Recorder {
  static void answer(void* data, const DsocrFakeRequest* request, DsocrFakeAnswer* answer) {
    auto* self = static_cast<Recorder*>(data);
    self->request = *request;
    self->prompt = request->prompt != nullptr ? request->prompt : "";
    self->area = request->image.area;
    g_snprintf(answer->text, sizeof answer->text, "%s", self->text.c_str());
    answer->finish_reason = self->finish_reason;
    g_snprintf(answer->error, sizeof answer->error, "%s", self->error.c_str());
    if (self->with_region) {
      answer->regions[0] = {DSOCR_REGION_TITLE, "a label", "its text", {1, 2, 3, 4}};
      answer->region_count = 1;
    }
  }
  DsocrFakeRequest request{};
  std::string prompt, text = "text", error;
  DsocrRect area{};
  DsocrFinishReason finish_reason = DSOCR_FINISH_STOP;
  bool with_region = false;
};

class Readings : public OcrTest {
 protected:
  void SetUp() override {
    OcrTest::SetUp();
    fake().set_answer(Recorder::answer, &recorder);
  }
  Recorder recorder;
};

TEST_F(Readings, DefaultsAreThoseOfTheReference) {
  Ocr ocr;
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_EQ(recorder.prompt, "");
  EXPECT_EQ(recorder.request.mode, DSOCR_MODE_AUTO);
  EXPECT_EQ(recorder.request.max_tiles, 9);
  EXPECT_EQ(recorder.request.max_new_tokens, 0);
  EXPECT_EQ(recorder.request.no_repeat_ngram_size, 30);
  EXPECT_EQ(recorder.request.no_repeat_ngram_window, 90);
  EXPECT_EQ(recorder.request.whitelist_count, -1);
  EXPECT_EQ(recorder.request.max_time, 0u);
}

TEST_F(Readings, PropertiesReachTheRequest) {
  Ocr ocr(
      "task=ocr resolution=small max-tiles=6 max-new-tokens=320 no-repeat-ngram-size=0 no-repeat-ngram-window=0 "
      "ngram-whitelist=none max-time=1500 area=2,3,4,5");
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_EQ(recorder.prompt, "<|grounding|>OCR this image.");
  EXPECT_EQ(recorder.request.mode, DSOCR_MODE_SMALL);
  EXPECT_EQ(recorder.request.max_tiles, 6);
  EXPECT_EQ(recorder.request.max_new_tokens, 320);
  EXPECT_LT(recorder.request.no_repeat_ngram_size, 0);
  EXPECT_EQ(recorder.request.no_repeat_ngram_window, 0);
  EXPECT_EQ(recorder.request.whitelist_count, 0);
  EXPECT_EQ(recorder.request.max_time, 1'500'000'000u);
  EXPECT_EQ(recorder.area.x, 2);
  EXPECT_EQ(recorder.area.height, 5);
}

TEST_F(Readings, FramesOfOneStreamDraftForEachOther) {
  Ocr ocr;
  ocr.push(10, 0);
  ocr.pull_text();
  const uint64_t stream = recorder.request.stream;
  EXPECT_NE(stream, 0u);
  ocr.push(20, 1);
  ocr.pull_text();
  EXPECT_EQ(recorder.request.stream, stream);
  ocr.push_event(gst_event_new_stream_start("another"));
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  ocr.push(30, 2);
  ocr.pull_text();
  EXPECT_NE(recorder.request.stream, 0u);
  EXPECT_NE(recorder.request.stream, stream);
}

TEST_F(Readings, DraftNoneReachesTheRequestAlsoWhilePlaying) {
  Ocr ocr("draft=none");
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_EQ(recorder.request.stream, 0u);
  gst_util_set_object_arg(G_OBJECT(ocr.element), "draft", "previous");
  ocr.push(20, 1);
  ocr.pull_text();
  EXPECT_NE(recorder.request.stream, 0u);
}

TEST_F(Readings, PropertiesMayBeSetWhilePlaying) {
  Ocr ocr;
  ocr.push(10, 0);
  ocr.pull_text();
  g_object_set(ocr.element, "prompt", "Read it.", "area", "0.5,0.0,0.5,1.0", nullptr);
  ocr.push(10, 1);
  ocr.pull_text();
  EXPECT_EQ(recorder.prompt, "Read it.");
  EXPECT_EQ(recorder.area.x, kWidth / 2);
}

TEST_F(Readings, AnAreaThatIsNotUnderstoodWhilePlayingChangesNothing) {
  Ocr ocr("area=2,3,4,5");
  g_object_set(ocr.element, "area", "left", nullptr);
  EXPECT_NE(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_EQ(recorder.area.x, 2);
}

TEST_F(Readings, AnAreaOutsideThePictureIsOneError) {
  Ocr ocr("area=100,100,5,5");
  EXPECT_EQ(ocr.push(10, 0), GST_FLOW_ERROR);
  auto message = ocr.pop_message(GST_MESSAGE_ERROR);
  ASSERT_NE(message, nullptr);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  EXPECT_NE(std::string(error->message).find("area=100,100,5,5 lies outside the 16x8 frame"), std::string::npos)
      << error->message;
  g_clear_error(&error);
  EXPECT_EQ(ocr.push(10, 1), GST_FLOW_ERROR);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(Readings, AnAreaThatSticksOutIsOneWarning) {
  Ocr ocr("area=10,2,100,100");
  ocr.push(10, 0);
  ocr.push(10, 1);
  ocr.pull_text();
  ocr.pull_text();
  EXPECT_EQ(recorder.area.width, 6);
  EXPECT_NE(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
}

TEST_F(Readings, ColoursAreThoseOfTheCaps) {
  Ocr ocr("", false, "video/x-raw,format=NV12,width=16,height=8,framerate=10/1,colorimetry=bt709,chroma-site=mpeg2");
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, 16 * 8 * 3 / 2, nullptr);
  gst_buffer_memset(frame, 0, 100, 16 * 8 * 3 / 2);
  GST_BUFFER_PTS(frame) = 0;
  gst_harness_push(ocr.video, frame);
  ocr.pull_text();
  EXPECT_EQ(recorder.request.image.format, DSOCR_FORMAT_NV12);
  EXPECT_EQ(recorder.request.image.matrix, DSOCR_MATRIX_BT709);
  EXPECT_EQ(recorder.request.image.range, DSOCR_RANGE_LIMITED);
  EXPECT_EQ(recorder.request.image.chroma_site, DSOCR_CHROMA_LEFT);
}

TEST_F(Readings, InterlacedFramesAreReadWithOneWarning) {
  Ocr ocr("", false, "video/x-raw,format=GRAY8,width=16,height=8,framerate=10/1,interlace-mode=interleaved");
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_NE(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
}

TEST_F(Readings, AHugeFrameIsOneError) {
  Ocr ocr("", false, nullptr);
  ocr.push_event(gst_event_new_stream_start("x"));
  GstCaps* caps = gst_caps_from_string("video/x-raw,format=GRAY8,width=20000,height=20000,framerate=1/1");
  ocr.push_event(gst_event_new_caps(caps));
  ocr.push_event(gst_event_new_caps(caps));
  gst_caps_unref(caps);
  GstSegment segment;
  gst_segment_init(&segment, GST_FORMAT_TIME);
  ocr.push_event(gst_event_new_segment(&segment));
  EXPECT_EQ(ocr.push(10, 0), GST_FLOW_NOT_NEGOTIATED);
  EXPECT_NE(ocr.pop_message(GST_MESSAGE_ERROR), nullptr);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_ERROR), nullptr);
}

TEST_F(Readings, APromptThatTheModelDoesNotKnowIsAWarning) {
  fake().set_supported_prompt("Free OCR.");
  Ocr ocr("prompt=\"Parse the figure.\"");
  auto message = ocr.wait_message(GST_MESSAGE_WARNING);
  GError* error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  EXPECT_NE(std::string(error->message).find("Parse the figure."), std::string::npos);
  EXPECT_NE(std::string(error->message).find("Free OCR."), std::string::npos);
  g_clear_error(&error);
  g_object_set(ocr.element, "prompt", "<image>\nFree OCR. ", nullptr);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
}

TEST_F(Readings, MetadataHasItsFields) {
  recorder.with_region = true;
  Ocr ocr("prompt=Read.");
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  const GstStructure* reading = gst_deepseek_ocr_meta_get_structure(frame.get());
  ASSERT_NE(reading, nullptr);
  EXPECT_STREQ(gst_structure_get_string(reading, GST_DEEPSEEK_OCR_META_TEXT), "text");
  EXPECT_STREQ(gst_structure_get_string(reading, GST_DEEPSEEK_OCR_META_FORMAT), "plain");
  EXPECT_STREQ(gst_structure_get_string(reading, GST_DEEPSEEK_OCR_META_FINISH_REASON), "stop");
  EXPECT_STREQ(gst_structure_get_string(reading, GST_DEEPSEEK_OCR_META_PROMPT), "Read.");
  gint width = 0;
  gst_structure_get_int(reading, GST_DEEPSEEK_OCR_META_WIDTH, &width);
  EXPECT_EQ(width, kWidth);
  EXPECT_FALSE(gst_structure_has_field(reading, GST_DEEPSEEK_OCR_META_PAGE));
  ASSERT_EQ(gst_deepseek_ocr_meta_get_n_regions(frame.get()), 1u);
  const GstStructure* region = gst_deepseek_ocr_meta_get_region(frame.get(), 0);
  EXPECT_STREQ(gst_structure_get_string(region, GST_DEEPSEEK_OCR_REGION_KIND), "title");
  EXPECT_STREQ(gst_structure_get_string(region, GST_DEEPSEEK_OCR_REGION_TEXT), "its text");
}

TEST_F(Readings, EachLineHasItsConfidence) {
  Ocr ocr;
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  ASSERT_EQ(gst_deepseek_ocr_meta_get_n_lines(frame.get()), 1u);
  const GstStructure* line = gst_deepseek_ocr_meta_get_line(frame.get(), 0);
  EXPECT_STREQ(gst_structure_get_string(line, GST_DEEPSEEK_OCR_LINE_TEXT), "text");
  gdouble confidence = 0;
  gst_structure_get_double(line, GST_DEEPSEEK_OCR_LINE_CONFIDENCE, &confidence);
  EXPECT_EQ(confidence, 0.5);
  EXPECT_EQ(gst_deepseek_ocr_meta_get_line(frame.get(), 1), nullptr);
}

TEST_F(Readings, TheModelsOwnPromptIsNamed) {
  Ocr ocr;
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  EXPECT_STREQ(gst_structure_get_string(gst_deepseek_ocr_meta_get_structure(frame.get()), "prompt"), "Free OCR.");
}

TEST_F(Readings, BoxesAreRegionsOfInterestWithTheTextInAParameter) {
  recorder.with_region = true;
  Ocr ocr;
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  auto* meta = reinterpret_cast<GstVideoRegionOfInterestMeta*>(
      gst_buffer_get_meta(frame.get(), GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE));
  ASSERT_NE(meta, nullptr);
  EXPECT_STREQ(g_quark_to_string(meta->roi_type), "title");
  EXPECT_EQ(meta->w, 3u);
  const GstStructure* parameters = gst_video_region_of_interest_meta_get_param(meta, "deepseekocr");
  ASSERT_NE(parameters, nullptr);
  EXPECT_STREQ(gst_structure_get_string(parameters, "label"), "a label");
}

TEST_F(Readings, EachReadingIsAMessage) {
  Ocr ocr;
  ocr.push(10, 3);
  auto message = ocr.wait_message(GST_MESSAGE_ELEMENT);
  const GstStructure* structure = gst_message_get_structure(message.get());
  EXPECT_TRUE(gst_structure_has_name(structure, "deepseekocr"));
  EXPECT_STREQ(gst_structure_get_string(structure, "text"), "text");
  guint64 timestamp = 0;
  gst_structure_get_uint64(structure, "timestamp", &timestamp);
  EXPECT_EQ(timestamp, 3 * kFrame);
}

TEST_F(Readings, MessagesCanBeSwitchedOff) {
  Ocr ocr("post-messages=false");
  ocr.push(10, 0);
  ocr.pull_text();
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_ELEMENT), nullptr);
}

TEST_F(Readings, AFailedReadingIsAWarningAndTheStreamGoesOn) {
  recorder.finish_reason = DSOCR_FINISH_ERROR;
  recorder.error = "the device was lost";
  Ocr ocr;
  ocr.push(10, 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "-");
  auto message = ocr.wait_message(GST_MESSAGE_WARNING);
  GError* error = nullptr;
  gst_message_parse_warning(message.get(), &error, nullptr);
  EXPECT_NE(std::string(error->message).find("the device was lost"), std::string::npos);
  g_clear_error(&error);
  recorder.finish_reason = DSOCR_FINISH_STOP;
  ocr.push(10, 1);
  EXPECT_EQ(text_of(ocr.pull_text().get()), "text\n");
  EXPECT_EQ(ocr.stat("finish-error"), 1u);
}

TEST_F(Readings, HowAReadingEndedIsToldEverywhere) {
  recorder.finish_reason = DSOCR_FINISH_REPETITION;
  Ocr ocr("text-format=json");
  ocr.push(10, 0);
  auto frame = ocr.pull_video();
  EXPECT_STREQ(gst_structure_get_string(gst_deepseek_ocr_meta_get_structure(frame.get()), "finish-reason"),
               "repetition");
  EXPECT_NE(text_of(ocr.pull_text().get()).find("\"finish-reason\":\"repetition\""), std::string::npos);
  EXPECT_EQ(ocr.stat("finish-repetition"), 1u);
}

}  // namespace
}  // namespace deepseekocr::test
