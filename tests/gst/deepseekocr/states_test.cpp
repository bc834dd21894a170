// SPDX-License-Identifier: MIT
// State changes, loading and its messages, properties.
#include <glib/gstdio.h>

#include "support.h"

namespace deepseekocr::test {
namespace {

using States = OcrTest;

GstElement* make(const char* properties = "") {
  GstElement* element = gst_parse_launch((std::string("deepseekocr ") + properties).c_str(), nullptr);
  gst_object_ref_sink(element);
  return element;
}

/// An element alone, with a bus.
struct Alone {
  explicit Alone(const char* properties = "") : element(make(properties)), bus(gst_bus_new()) {
    gst_element_set_bus(element, bus);
  }
  ~Alone() {
    gst_element_set_state(element, GST_STATE_NULL);
    gst_bus_set_flushing(bus, TRUE);
    gst_element_set_bus(element, nullptr);
    gst_object_unref(bus);
    gst_object_unref(element);
  }
  Alone(const Alone&) = delete;
  Alone& operator=(const Alone&) = delete;
  GstProgressType next_progress(bool wait = true) {
    const Message message(gst_bus_timed_pop_filtered(bus, wait ? GST_CLOCK_TIME_NONE : 0, GST_MESSAGE_PROGRESS));
    GstProgressType type = GST_PROGRESS_TYPE_CONTINUE;
    if (message != nullptr) gst_message_parse_progress(message.get(), &type, nullptr, nullptr);
    return type;
  }
  /// The only ERROR, which must be there already.
  std::string the_error(GQuark domain, int code) {
    const Message message(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR));
    if (message == nullptr) return "no error";
    GError* error = nullptr;
    gst_message_parse_error(message.get(), &error, nullptr);
    EXPECT_TRUE(g_error_matches(error, domain, code)) << g_quark_to_string(error->domain) << " " << error->code;
    const std::string sentence = error->message;
    g_clear_error(&error);
    EXPECT_EQ(Message(gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR)), nullptr);
    return sentence;
  }
  GstElement* element;
  GstBus* bus;
};

TEST_F(States, TwoHundredCyclesLeaveNothingBehind) {
  Alone alone;
  for (int i = 0; i < 200; ++i) {
    ASSERT_NE(gst_element_set_state(alone.element, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    ASSERT_EQ(gst_element_set_state(alone.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  }
  DsocrFakeCounters counters;
  fake().get_counters(&counters);
  EXPECT_EQ(counters.opened, counters.closed);
  EXPECT_EQ(counters.opened, 200u);
}

TEST_F(States, TwoHundredRunsWithAFrameOnItsWayLeaveNothingBehind) {
  fake().hold_results(1);
  Ocr ocr;
  for (int i = 0; i < 200; ++i) {
    ASSERT_EQ(ocr.push(10, 0), GST_FLOW_OK);
    ASSERT_EQ(gst_element_set_state(ocr.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
    ASSERT_NE(gst_element_set_state(ocr.element, GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
    gst_harness_set_src_caps_str(ocr.video, kCaps);
  }
  fake().wait_waiting(0);
  fake().hold_results(0);
  ocr.push(20, 0);
  EXPECT_EQ(meta_text(ocr.pull_video().get()), "20");
}

TEST_F(States, EveryProgressHasAnEnd) {
  Alone alone;
  gst_element_set_state(alone.element, GST_STATE_READY);
  EXPECT_EQ(alone.next_progress(), GST_PROGRESS_TYPE_START);
  EXPECT_EQ(alone.next_progress(), GST_PROGRESS_TYPE_CONTINUE);
  EXPECT_EQ(alone.next_progress(), GST_PROGRESS_TYPE_COMPLETE);
}

TEST_F(States, LoadingDoesNotHoldUpStateChanges) {
  fake().hold_loading(1);
  Alone alone;
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(alone.next_progress(false), GST_PROGRESS_TYPE_START);
  EXPECT_EQ(alone.next_progress(false), GST_PROGRESS_TYPE_CANCELED);
  fake().hold_loading(0);
}

TEST_F(States, AFailedLoadIsOneErrorAndCanBeTriedAgain) {
  fake().fail_loading("model.safetensors is truncated; fetch it again");
  Alone alone;
  gst_element_set_state(alone.element, GST_STATE_READY);
  while (alone.next_progress() != GST_PROGRESS_TYPE_ERROR) {
  }
  const Message message(gst_bus_timed_pop_filtered(alone.bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_ERROR));
  GError* error = nullptr;
  gst_message_parse_error(message.get(), &error, nullptr);
  EXPECT_TRUE(g_error_matches(error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ));
  g_clear_error(&error);
  fake().fail_loading(nullptr);
  gst_element_set_state(alone.element, GST_STATE_NULL);
  gst_element_set_state(alone.element, GST_STATE_READY);
  while (alone.next_progress() != GST_PROGRESS_TYPE_COMPLETE) {
  }
}

TEST_F(States, AFailedLoadStopsTheStream) {
  fake().hold_loading(1);
  Ocr ocr;
  ASSERT_EQ(ocr.push(10, 0), GST_FLOW_OK);
  fake().fail_loading("broken");
  fake().hold_loading(0);
  ocr.wait_message(GST_MESSAGE_ERROR);
  while (ocr.push(10, 1) == GST_FLOW_OK) {
  }
  EXPECT_EQ(ocr.push(10, 2), GST_FLOW_ERROR);
  EXPECT_EQ(ocr.pop_message(GST_MESSAGE_WARNING), nullptr);
}

TEST_F(States, AMissingModelFailsAtOnce) {
  Alone alone("model-path=/nowhere/model");
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto sentence = alone.the_error(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  EXPECT_NE(sentence.find("/nowhere/model"), std::string::npos) << sentence;
}

TEST_F(States, AMissingEngineFailsAtOnceAndNamesTheFile) {
  const std::string engine = g_getenv("DEEPSEEKOCR_ENGINE");
  g_setenv("DEEPSEEKOCR_ENGINE", "/nowhere/engine.so", TRUE);
  {
    Alone alone;
    EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
    const auto sentence = alone.the_error(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
    EXPECT_NE(sentence.find("/nowhere/engine.so"), std::string::npos) << sentence;
    g_setenv("DEEPSEEKOCR_ENGINE", engine.c_str(), TRUE);
    EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  }
}

TEST_F(States, ALibraryThatIsNoEngineIsNamed) {
  const std::string engine = g_getenv("DEEPSEEKOCR_ENGINE");
  g_setenv("DEEPSEEKOCR_ENGINE", DEEPSEEKOCR_PLUGIN_FILE, TRUE);
  {
    Alone alone;
    EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
    const auto sentence = alone.the_error(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_INIT);
    EXPECT_NE(sentence.find("interface version 1"), std::string::npos) << sentence;
  }
  g_setenv("DEEPSEEKOCR_ENGINE", engine.c_str(), TRUE);
}

TEST_F(States, PausedToReadyDoesNotWaitForReadings) {
  fake().hold_results(1);
  Ocr ocr("max-hold=0");
  ocr.push(10, 0);
  EXPECT_EQ(gst_element_set_state(ocr.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  fake().wait_waiting(0);
}

TEST_F(States, AModelPathSetInReadyCounts) {
  Alone alone;
  gst_element_set_state(alone.element, GST_STATE_READY);
  g_object_set(alone.element, "model-path", "/nowhere/model", nullptr);
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  alone.the_error(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
}

DsocrFakeCounters counters() {
  DsocrFakeCounters counters;
  fake().get_counters(&counters);
  return counters;
}

TEST_F(States, TheAdapterReachesTheEngine) {
  {
    Alone alone;
    ASSERT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
    EXPECT_STREQ(counters().adapter_path, "");
  }
  g_autofree gchar* folder = g_dir_make_tmp("adapter-XXXXXX", nullptr);
  Ocr ocr(("adapter-path=" + std::string(folder)).c_str());
  EXPECT_EQ(ocr.push(10, 0), GST_FLOW_OK);
  EXPECT_EQ(counters().adapter_path, std::string(folder));
  g_rmdir(folder);
}

TEST_F(States, AnAdapterSetInReadyOpensTheModelAnew) {
  g_autofree gchar* folder = g_dir_make_tmp("adapter-XXXXXX", nullptr);
  Alone alone;
  gst_element_set_state(alone.element, GST_STATE_READY);
  ASSERT_EQ(counters().opened, 1u);
  g_object_set(alone.element, "adapter-path", folder, nullptr);
  EXPECT_NE(gst_element_set_state(alone.element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(counters().opened, 2u);
  EXPECT_EQ(counters().adapter_path, std::string(folder));
  g_rmdir(folder);
}

TEST_F(States, TheWeightCacheReachesTheEngine) {
  Alone alone;
  g_autofree gchar* none = nullptr;
  g_object_get(alone.element, "weight-cache", &none, nullptr);
  EXPECT_EQ(none, nullptr);
  ASSERT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  EXPECT_STREQ(counters().weight_cache, "");
  g_object_set(alone.element, "weight-cache", "/nowhere/cache", nullptr);  // the engine's business, no error
  EXPECT_NE(gst_element_set_state(alone.element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
  EXPECT_EQ(counters().opened, 2u);
  EXPECT_STREQ(counters().weight_cache, "/nowhere/cache");
  g_autofree gchar* text = nullptr;
  g_object_get(alone.element, "weight-cache", &text, nullptr);
  EXPECT_STREQ(text, "/nowhere/cache");
}

TEST_F(States, TheFormatOfCachesReachesTheEngine) {
  Alone alone("kv-cache=native");
  ASSERT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_SUCCESS);
  EXPECT_EQ(counters().kv_cache, DSOCR_KV_CACHE_NATIVE);
  for (const auto& [nick, value] : {std::pair{"int8", DSOCR_KV_CACHE_INT8}, {"auto", DSOCR_KV_CACHE_AUTO}}) {
    gst_util_set_object_arg(G_OBJECT(alone.element), "kv-cache", nick);
    EXPECT_NE(gst_element_set_state(alone.element, GST_STATE_PAUSED), GST_STATE_CHANGE_FAILURE);
    EXPECT_EQ(counters().kv_cache, value);
    gint own = -1;
    g_object_get(alone.element, "kv-cache", &own, nullptr);
    EXPECT_EQ(own, value);
    gst_element_set_state(alone.element, GST_STATE_READY);
  }
  EXPECT_EQ(counters().opened, 3u) << "a client is opened anew";
}

TEST_F(States, AMissingAdapterFailsAtOnce) {
  Alone alone("adapter-path=/nowhere/adapter");
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto sentence = alone.the_error(GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  EXPECT_NE(sentence.find("/nowhere/adapter"), std::string::npos) << sentence;
}

TEST_F(States, AnAreaThatIsNotUnderstoodIsAnError) {
  Alone alone("area=middle");
  EXPECT_EQ(gst_element_set_state(alone.element, GST_STATE_READY), GST_STATE_CHANGE_FAILURE);
  const auto sentence = alone.the_error(GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS);
  EXPECT_NE(sentence.find("\"middle\""), std::string::npos) << sentence;
}

TEST_F(States, AFinalizedElementMayStillBeLoading) {
  fake().hold_loading(1);
  GstElement* element = make();
  gst_element_set_state(element, GST_STATE_READY);
  gst_element_set_state(element, GST_STATE_NULL);
  gst_object_unref(element);
  fake().hold_loading(0);
}

TEST_F(States, EveryPropertyKeepsItsValue) {
  GstElement* element = make();
  guint count = 0;
  GParamSpec** specs = g_object_class_list_properties(G_OBJECT_GET_CLASS(element), &count);
  for (guint i = 0; i < count; ++i) {
    const GParamSpec* spec = specs[i];
    if (spec->owner_type != G_OBJECT_TYPE(element)) continue;
    EXPECT_GT(strlen(g_param_spec_get_blurb(specs[i])), 10u) << spec->name;
    if (!(spec->flags & G_PARAM_WRITABLE)) continue;
    GValue value = G_VALUE_INIT;
    g_value_init(&value, spec->value_type);
    g_object_get_property(G_OBJECT(element), spec->name, &value);
    EXPECT_TRUE(g_param_value_defaults(specs[i], &value)) << spec->name;
    g_object_set_property(G_OBJECT(element), spec->name, &value);
    g_value_unset(&value);
  }
  g_free(specs);
  gst_object_unref(element);
}

}  // namespace
}  // namespace deepseekocr::test
