// SPDX-License-Identifier: MIT
#include "support.h"

#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "meta/gstdeepseekocrmeta.h"

namespace deepseekocr::test {

const DsocrFakeControl& fake() {
  static const DsocrFakeControl* control = [] {
    const char* path = std::getenv("DEEPSEEKOCR_ENGINE");
    void* library = path != nullptr ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : nullptr;
    void* symbol = library != nullptr ? dlsym(library, DSOCR_FAKE_CONTROL_SYMBOL) : nullptr;
    if (symbol == nullptr) {
      g_error("DEEPSEEKOCR_ENGINE must name the fake engine; run the tests with meson test");
    }
    return reinterpret_cast<DsocrFakeControlFunction>(symbol)();
  }();
  return *control;
}

GstBuffer* gray_frame(int luma, guint64 index) {
  GstBuffer* buffer = gst_buffer_new_allocate(nullptr, kWidth * kHeight, nullptr);
  gst_buffer_memset(buffer, 0, static_cast<guint8>(luma), kWidth * kHeight);
  GST_BUFFER_PTS(buffer) = index * kFrame;
  GST_BUFFER_DURATION(buffer) = kFrame;
  return buffer;
}

std::string text_of(GstBuffer* buffer) {
  GstMapInfo map;
  if (buffer == nullptr || !gst_buffer_map(buffer, &map, GST_MAP_READ)) return "no buffer";
  std::string text(reinterpret_cast<const char*>(map.data), map.size);
  gst_buffer_unmap(buffer, &map);
  return text;
}

std::string meta_text(GstBuffer* buffer) {
  const gchar* text = buffer != nullptr ? gst_deepseek_ocr_meta_get_text(buffer) : nullptr;
  return text != nullptr ? text : "-";
}

Ocr::Ocr(const std::string& properties, bool live, const char* caps) {
  GError* error = nullptr;
  element = gst_parse_launch(("deepseekocr " + (kEveryFrame + (" " + properties))).c_str(), &error);
  g_assert_no_error(error);
  gst_object_ref_sink(element);
  bus = gst_bus_new();
  gst_element_set_bus(element, bus);
  text = gst_harness_new_with_element(element, nullptr, "text");
  video = gst_harness_new_with_element(element, "sink", "src");
  gst_harness_set_live(video, live);
  if (caps != nullptr) gst_harness_set_src_caps_str(video, caps);
}

Ocr::~Ocr() {
  gst_element_set_state(element, GST_STATE_NULL);
  gst_harness_teardown(text);
  gst_harness_teardown(video);
  gst_bus_set_flushing(bus, TRUE);
  gst_element_set_bus(element, nullptr);
  gst_object_unref(bus);
  gst_object_unref(element);
}

Event Ocr::pull_text_event() {
  while (true) {
    Event event(gst_harness_pull_event(text));
    if (event == nullptr || GST_EVENT_TYPE(event.get()) != GST_EVENT_GAP) return event;
  }
}

Message Ocr::wait_message(GstMessageType types) {
  return Message(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE, types));
}

Message Ocr::pop_message(GstMessageType types) {
  return Message(gst_bus_pop_filtered(bus, types));
}

guint64 Ocr::stat(const char* name) {
  GstStructure* stats = nullptr;
  g_object_get(element, "stats", &stats, nullptr);
  guint64 value = 0;
  guint small = 0;
  if (!gst_structure_get_uint64(stats, name, &value)) {
    EXPECT_TRUE(gst_structure_get_uint(stats, name, &small)) << name;
    value = small;
  }
  gst_structure_free(stats);
  return value;
}

std::string run_pipeline(const std::string& description) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(description.c_str(), &error);
  std::string sentence;
  if (error != nullptr) {
    sentence = error->message;
    g_clear_error(&error);
  } else {
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    GstBus* bus = gst_element_get_bus(pipeline);
    const Message message(gst_bus_timed_pop_filtered(bus, GST_CLOCK_TIME_NONE,
                                                     static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
    if (GST_MESSAGE_TYPE(message.get()) == GST_MESSAGE_ERROR) {
      gst_message_parse_error(message.get(), &error, nullptr);
      sentence = error->message;
      g_clear_error(&error);
    }
    gst_object_unref(bus);
  }
  if (pipeline != nullptr) {
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
  }
  return sentence;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TemporaryFolder::TemporaryFolder() {
  g_autofree gchar* path = g_dir_make_tmp("deepseekocr-XXXXXX", nullptr);
  path_ = path;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace deepseekocr::test
