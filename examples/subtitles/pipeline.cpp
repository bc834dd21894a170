// SPDX-License-Identifier: MIT
#include "pipeline.h"

#include <gst/pbutils/pbutils.h>

#include <stdexcept>

namespace subtitles {
namespace {

constexpr GstClockTime kTick = 200 * GST_MSECOND;

constexpr auto kInteresting = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING |
                                                          GST_MESSAGE_ASYNC_DONE | GST_MESSAGE_ELEMENT);

std::string error_text(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  gst_message_parse_error(message, &error, nullptr);
  return error->message;
}

void print_warning(GstMessage* message) {
  g_autoptr(GError) warning = nullptr;
  gst_message_parse_warning(message, &warning, nullptr);
  g_printerr("\nwarning: %s\n", warning->message);
}

}  // namespace

Pipeline::Pipeline(const std::string& description) {
  g_autoptr(GError) error = nullptr;
  pipeline_ = gst_parse_launch(description.c_str(), &error);
  if (error != nullptr) {
    gst_clear_object(&pipeline_);
    throw std::runtime_error(error->message);
  }
  bus_ = gst_element_get_bus(pipeline_);
}

Pipeline::~Pipeline() {
  stop();
  gst_object_unref(bus_);
  gst_object_unref(pipeline_);
}

void Pipeline::stop() {
  gst_element_set_state(pipeline_, GST_STATE_NULL);
}

GstElement* Pipeline::element(const char* name) const {
  GstElement* found = gst_bin_get_by_name(bin(), name);
  gst_object_unref(found);  // the pipeline keeps it
  return found;
}

bool Pipeline::handle(GstMessage* message, GstMessageType awaited) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) print_warning(message);
  if (gst_is_missing_plugin_message(message)) {
    g_autofree gchar* what = gst_missing_plugin_message_get_description(message);
    missing_ = what;
  }
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    const std::string hint = missing_.empty() ? "" : " (no installed plugin is a " + missing_ + ")";
    throw std::runtime_error(error_text(message) + hint);
  }
  return GST_MESSAGE_TYPE(message) == awaited;
}

void Pipeline::pause() {
  gst_element_set_state(pipeline_, GST_STATE_PAUSED);
  bool done = false;
  while (!done) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(bus_, GST_CLOCK_TIME_NONE, kInteresting);
    done = handle(message, GST_MESSAGE_ASYNC_DONE);
  }
}

void Pipeline::play(const std::function<void()>& tick) {
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  bool done = false;
  while (!done) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop_filtered(bus_, kTick, kInteresting);
    if (message != nullptr) done = handle(message, GST_MESSAGE_EOS);
    tick();
  }
}

void set_string(GstElement* element, const char* name, const std::string& value) {
  if (!value.empty()) g_object_set(element, name, value.c_str(), nullptr);
}

}  // namespace subtitles
