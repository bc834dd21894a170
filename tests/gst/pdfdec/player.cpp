// SPDX-License-Identifier: MIT
#include "player.h"

#include <gst/video/video.h>
#include <gtest/gtest.h>

#include "pdfdec/gstpdfpagemeta.h"

// Longer than any test takes; only a hang reaches it.
static constexpr GstClockTime kHang = 120 * GST_SECOND;

static void read_caps(GstPad* pad, Frame* frame) {
  g_autoptr(GstCaps) caps = gst_pad_get_current_caps(pad);
  GstVideoInfo info;
  if (caps == nullptr || !gst_video_info_from_caps(&info, caps)) return;
  frame->format = gst_video_format_to_string(GST_VIDEO_INFO_FORMAT(&info));
  frame->width = GST_VIDEO_INFO_WIDTH(&info);
  frame->height = GST_VIDEO_INFO_HEIGHT(&info);
  frame->fps_n = GST_VIDEO_INFO_FPS_N(&info);
  frame->fps_d = GST_VIDEO_INFO_FPS_D(&info);
}

static void read_page_meta(GstBuffer* buffer, Frame* frame) {
  frame->page = gst_pdf_page_meta_get_page(buffer);
  const GstStructure* structure = gst_pdf_page_meta_get_structure(buffer);
  if (structure == nullptr) return;
  gst_structure_get_int(structure, GST_PDF_PAGE_META_PAGES, &frame->pages);
  gst_structure_get_double(structure, GST_PDF_PAGE_META_DPI, &frame->dpi);
  const char* label = gst_structure_get_string(structure, GST_PDF_PAGE_META_LABEL);
  frame->label = label != nullptr ? label : "";
}

void Player::on_handoff(GstElement* /*sink*/, GstBuffer* buffer, GstPad* pad, gpointer user_data) {
  auto* self = static_cast<Player*>(user_data);
  Frame frame;
  frame.pts = GST_BUFFER_PTS(buffer);
  frame.duration = GST_BUFFER_DURATION(buffer);
  frame.offset = GST_BUFFER_OFFSET(buffer);
  frame.discont = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT);
  read_page_meta(buffer, &frame);
  read_caps(pad, &frame);
  if (self->keep_pixels_) {
    frame.pixels.resize(gst_buffer_get_size(buffer));
    gst_buffer_extract(buffer, 0, frame.pixels.data(), frame.pixels.size());
  }
  const std::lock_guard lock(self->mutex_);
  self->frames_.push_back(std::move(frame));
}

Player::Player(const std::string& launch, bool keep_pixels) : keep_pixels_(keep_pixels) {
  g_autoptr(GError) error = nullptr;
  pipeline_ = gst_parse_launch(launch.c_str(), &error);
  EXPECT_EQ(error, nullptr) << (error != nullptr ? error->message : "");
  GstElement* sink = element("sink");
  g_object_set(sink, "signal-handoffs", TRUE, "sync", FALSE, nullptr);
  g_signal_connect(sink, "handoff", G_CALLBACK(on_handoff), this);
}

Player::~Player() {
  stop();
  gst_object_unref(pipeline_);
}

GstElement* Player::element(const char* name) {
  GstElement* found = gst_bin_get_by_name(GST_BIN(pipeline_), name);
  EXPECT_NE(found, nullptr) << name;
  gst_object_unref(found);  // the pipeline keeps it
  return found;
}

static Report read_report(GstMessage* message) {
  g_autoptr(GError) error = nullptr;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
    gst_message_parse_error(message, &error, nullptr);
  } else {
    gst_message_parse_warning(message, &error, nullptr);
  }
  return {error->domain, error->code, error->message};
}

bool Player::handle(GstMessage* message) {
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_WARNING) warnings_.push_back(read_report(message));
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) errors_.push_back(read_report(message));
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_SEGMENT_DONE) segment_done_ = true;
  if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_TAG) {
    g_autoptr(GstTagList) tags = nullptr;
    gst_message_parse_tag(message, &tags);
    g_autofree char* title = nullptr;
    g_autofree char* author = nullptr;
    if (gst_tag_list_get_string(tags, GST_TAG_TITLE, &title)) title_ = title;
    if (gst_tag_list_get_string(tags, GST_TAG_ARTIST, &author)) author_ = author;
  }
  const auto ends = GST_MESSAGE_ERROR | GST_MESSAGE_EOS | GST_MESSAGE_SEGMENT_DONE;
  return (GST_MESSAGE_TYPE(message) & ends) != 0;
}

bool Player::play_to_end(guint32 seqnum) {
  gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  for (;;) {
    g_autoptr(GstMessage) message = gst_bus_timed_pop(bus, kHang);
    if (message == nullptr) {
      ADD_FAILURE() << "the pipeline hangs";
      return false;
    }
    if (!handle(message)) continue;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) return false;
    if (seqnum == GST_SEQNUM_INVALID || gst_message_get_seqnum(message) == seqnum) return true;
  }
}

bool Player::play() {
  const bool good = play_to_end();
  stop();
  return good;
}

bool Player::preroll(GstClockTime timeout) {
  gst_element_set_state(pipeline_, GST_STATE_PAUSED);
  return gst_element_get_state(pipeline_, nullptr, nullptr, timeout) == GST_STATE_CHANGE_SUCCESS;
}

// Also reads the messages that are still on the bus, such as a second error.
void Player::stop() {
  g_autoptr(GstBus) bus = gst_element_get_bus(pipeline_);
  while (GstMessage* message = gst_bus_pop(bus)) {
    handle(message);
    gst_message_unref(message);
  }
  EXPECT_EQ(gst_element_set_state(pipeline_, GST_STATE_NULL), GST_STATE_CHANGE_SUCCESS);
}

std::vector<Frame> Player::frames() {
  const std::lock_guard lock(mutex_);
  return frames_;
}

std::vector<int> Player::pages() {
  std::vector<int> pages;
  for (const Frame& frame : frames()) pages.push_back(frame.page);
  return pages;
}

void Player::clear_frames() {
  const std::lock_guard lock(mutex_);
  frames_.clear();
}
