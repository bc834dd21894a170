// SPDX-License-Identifier: MIT
#include "painter.h"

#include <cairo.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "meta/gstdeepseekocrmeta.h"

static void append_region(GValue* array, const TestRegion& region) {
  GValue value = G_VALUE_INIT;
  g_value_init(&value, GST_TYPE_STRUCTURE);
  g_value_take_boxed(
      &value, gst_structure_new("region", GST_DEEPSEEK_OCR_REGION_KIND, G_TYPE_STRING, region.kind.c_str(),
                                GST_DEEPSEEK_OCR_REGION_LABEL, G_TYPE_STRING, region.label.c_str(),
                                GST_DEEPSEEK_OCR_REGION_TEXT, G_TYPE_STRING, region.text.c_str(),
                                GST_DEEPSEEK_OCR_REGION_X, G_TYPE_INT, region.x, GST_DEEPSEEK_OCR_REGION_Y, G_TYPE_INT,
                                region.y, GST_DEEPSEEK_OCR_REGION_WIDTH, G_TYPE_INT, region.width,
                                GST_DEEPSEEK_OCR_REGION_HEIGHT, G_TYPE_INT, region.height, nullptr));
  gst_value_array_append_and_take_value(array, &value);
}

void attach_reading(GstBuffer* buffer, const TestReading& reading) {
  GstCustomMeta* meta = gst_buffer_add_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME);
  GstStructure* structure = gst_custom_meta_get_structure(meta);
  gst_structure_set(structure, GST_DEEPSEEK_OCR_META_TEXT, G_TYPE_STRING, reading.text.c_str(),
                    GST_DEEPSEEK_OCR_META_WIDTH, G_TYPE_INT, reading.width, GST_DEEPSEEK_OCR_META_HEIGHT, G_TYPE_INT,
                    reading.height, nullptr);
  GValue regions = G_VALUE_INIT;
  gst_value_array_init(&regions, 0);
  for (const TestRegion& region : reading.regions) append_region(&regions, region);
  gst_structure_take_value(structure, GST_DEEPSEEK_OCR_META_REGIONS, &regions);
}

Painter::Painter(const std::string& format, int width, int height, const std::string& properties)
    : harness_(gst_harness_new_parse(("ocroverlay name=overlay " + properties).c_str())) {
  g_autofree char* caps =
      g_strdup_printf("video/x-raw,format=%s,width=%d,height=%d,framerate=30/1", format.c_str(), width, height);
  gst_harness_set_src_caps_str(harness_, caps);
  g_autoptr(GstCaps) parsed = gst_caps_from_string(caps);
  EXPECT_TRUE(gst_video_info_from_caps(&info_, parsed));
}

Painter::~Painter() {
  gst_harness_teardown(harness_);
}

GstBuffer* Painter::make_frame(GstClockTime pts) {
  GstBuffer* frame = gst_buffer_new_allocate(nullptr, GST_VIDEO_INFO_SIZE(&info_), nullptr);
  gst_buffer_memset(frame, 0, 0x80, GST_VIDEO_INFO_SIZE(&info_));
  GST_BUFFER_PTS(frame) = pts;
  return frame;
}

bool Painter::paint(GstBuffer* frame) {
  g_autoptr(GstBuffer) out = gst_harness_push_and_pull(harness_, frame);
  if (out == nullptr) return false;
  pixels_.resize(gst_buffer_get_size(out));
  gst_buffer_extract(out, 0, pixels_.data(), pixels_.size());
  return true;
}

bool Painter::paint(const TestReading& reading, GstClockTime pts) {
  GstBuffer* frame = make_frame(pts);
  attach_reading(frame, reading);
  return paint(frame);
}

static bool is_painted(uint8_t byte) {
  return byte != 0x80;
}

size_t Painter::painted() const {
  return static_cast<size_t>(std::count_if(pixels_.begin(), pixels_.end(), is_painted));
}

size_t Painter::painted(int x, int y, int width, int height) const {
  size_t count = 0;
  for (int row = y; row < y + height; ++row) {
    const auto start = pixels_.begin() + row * GST_VIDEO_INFO_PLANE_STRIDE(&info_, 0) + x * 4;
    count += static_cast<size_t>(std::count_if(start, start + width * 4, is_painted));
  }
  return count;
}

uint32_t Painter::pixel(int x, int y) const {
  const uint8_t* p = pixels_.data() + y * GST_VIDEO_INFO_PLANE_STRIDE(&info_, 0) + x * 4;
  return static_cast<uint32_t>(p[2] << 16 | p[1] << 8 | p[0]);
}

void Painter::save(const std::string& path) const {
  std::vector<uint8_t> copy = pixels_;
  cairo_surface_t* surface =
      cairo_image_surface_create_for_data(copy.data(), CAIRO_FORMAT_RGB24, GST_VIDEO_INFO_WIDTH(&info_),
                                          GST_VIDEO_INFO_HEIGHT(&info_), GST_VIDEO_INFO_PLANE_STRIDE(&info_, 0));
  EXPECT_EQ(cairo_surface_write_to_png(surface, path.c_str()), CAIRO_STATUS_SUCCESS);
  cairo_surface_destroy(surface);
}

void Painter::set(const char* property, const char* value) {
  GstElement* overlay = gst_harness_find_element(harness_, "ocroverlay");
  gst_util_set_object_arg(G_OBJECT(overlay), property, value);
  gst_object_unref(overlay);
}
