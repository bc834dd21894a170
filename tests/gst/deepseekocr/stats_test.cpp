// SPDX-License-Identifier: MIT
// What `stats` shows of the engine, its messages, and a model that comes and goes.
#include <utility>

#include "support.h"

namespace deepseekocr::test {
namespace {

using Stats = OcrTest;

GstProgressType progress_type(const Message& message) {
  GstProgressType type = GST_PROGRESS_TYPE_CONTINUE;
  gst_message_parse_progress(message.get(), &type, nullptr, nullptr);
  return type;
}

/// Waits for the next PROGRESS of this type; fails if another end comes first.
void wait_progress(Ocr& ocr, GstProgressType wanted) {
  GstProgressType type = GST_PROGRESS_TYPE_CONTINUE;
  while (type == GST_PROGRESS_TYPE_CONTINUE && type != wanted)
    type = progress_type(ocr.wait_message(GST_MESSAGE_PROGRESS));
  EXPECT_EQ(type, wanted);
}

TEST_F(Stats, ShowsWhatTheEngineMeasured) {
  Ocr ocr;
  ASSERT_EQ(ocr.push(10, 0), GST_FLOW_OK);
  ocr.pull_video();
  const std::pair<const char*, guint64> expected[] = {
      {"queue-p50", 10},   {"queue-p95", 11},     {"preprocess-p50", 20}, {"preprocess-p95", 21}, {"vision-p50", 30},
      {"vision-p95", 31},  {"prefill-p50", 40},   {"prefill-p95", 41},    {"decode-p50", 50},     {"decode-p95", 51},
      {"total-p50", 60},   {"total-p95", 61},     {"loops-period", 1},    {"loops-advancing", 2}, {"ngram-bans", 3},
      {"draft-tokens", 4}, {"draft-accepted", 5}, {"finish-stop", 1u},    {"readings", 1u}};
  for (const auto& [name, value] : expected) EXPECT_EQ(ocr.stat(name), value) << name;
  GstStructure* stats = nullptr;
  g_object_get(ocr.element, "stats", &stats, nullptr);
  gdouble speed = 0;
  gboolean loaded = FALSE;
  EXPECT_TRUE(gst_structure_get_double(stats, "tokens-per-second", &speed));
  EXPECT_EQ(speed, 12.5);
  EXPECT_TRUE(gst_structure_get_boolean(stats, "model-loaded", &loaded));
  EXPECT_TRUE(loaded);
  gst_structure_free(stats);
}

TEST_F(Stats, ArePostedAtIntervals) {
  Ocr ocr("stats-interval=1 post-messages=false");
  for (int i = 0; i < 3; ++i) {
    const Message message = ocr.wait_message(GST_MESSAGE_ELEMENT);
    const GstStructure* structure = gst_message_get_structure(message.get());
    EXPECT_STREQ(gst_structure_get_name(structure), "application/x-deepseekocr-stats");
    EXPECT_TRUE(gst_structure_has_field(structure, "total-p95"));
  }
}

TEST_F(Stats, AreNotPostedByDefaultOrAfterPaused) {
  Ocr silent("post-messages=false");
  ASSERT_EQ(silent.push(10, 0), GST_FLOW_OK);
  silent.pull_video();
  EXPECT_EQ(silent.pop_message(GST_MESSAGE_ELEMENT), nullptr);

  Ocr ocr("stats-interval=1 post-messages=false");
  ocr.wait_message(GST_MESSAGE_ELEMENT);
  ASSERT_EQ(gst_element_set_state(ocr.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  while (ocr.pop_message(GST_MESSAGE_ELEMENT) != nullptr) {
  }
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_ELEMENT), nullptr);  // the state change has ended the thread
}

TEST_F(Stats, IntervalsSurviveManyStateChanges) {
  Ocr ocr("stats-interval=1");
  for (int i = 0; i < 50; ++i) {
    ASSERT_NE(gst_element_set_state(ocr.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
    ASSERT_NE(gst_element_set_state(ocr.element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  }
}

TEST_F(Stats, IdleTimeoutIsToldToTheEngine) {
  Ocr ocr("idle-timeout=30");
  DsocrFakeCounters counters;
  fake().get_counters(&counters);
  EXPECT_EQ(counters.idle_timeout_ms, 30000);
}

TEST_F(Stats, LoadingAgainIsToldAsTheFirstTime) {
  Ocr ocr("idle-timeout=1");
  wait_progress(ocr, GST_PROGRESS_TYPE_START);
  wait_progress(ocr, GST_PROGRESS_TYPE_COMPLETE);
  fake().load_again();
  wait_progress(ocr, GST_PROGRESS_TYPE_START);
  wait_progress(ocr, GST_PROGRESS_TYPE_COMPLETE);
  ASSERT_EQ(ocr.push(10, 0), GST_FLOW_OK);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "10");
}

TEST_F(Stats, FailureToLoadAgainIsAnError) {
  Ocr ocr("idle-timeout=1");
  wait_progress(ocr, GST_PROGRESS_TYPE_START);
  wait_progress(ocr, GST_PROGRESS_TYPE_COMPLETE);
  fake().fail_loading("model.safetensors is gone; fetch it again");
  fake().load_again();
  wait_progress(ocr, GST_PROGRESS_TYPE_START);
  wait_progress(ocr, GST_PROGRESS_TYPE_ERROR);
  const Message message = ocr.wait_message(GST_MESSAGE_ERROR);
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  EXPECT_STREQ(error->message, "model.safetensors is gone; fetch it again");
  g_clear_error(&error);
}

}  // namespace
}  // namespace deepseekocr::test
