// SPDX-License-Identifier: MIT
#include "deepseekocr/metadata.h"

#include <gst/video/gstvideometa.h>

#include <utility>

#include "deepseekocr/text_format.h"
#include "meta/meta_registration.h"

namespace deepseekocr::plugin {
namespace {

GstStructure* region_structure(const Region& region) {
  return gst_structure_new("region", GST_DEEPSEEK_OCR_REGION_KIND, G_TYPE_STRING, region_kind_name(region.kind),
                           GST_DEEPSEEK_OCR_REGION_LABEL, G_TYPE_STRING, region.label.c_str(),
                           GST_DEEPSEEK_OCR_REGION_TEXT, G_TYPE_STRING, region.text.c_str(), GST_DEEPSEEK_OCR_REGION_X,
                           G_TYPE_INT, region.box.x, GST_DEEPSEEK_OCR_REGION_Y, G_TYPE_INT, region.box.y,
                           GST_DEEPSEEK_OCR_REGION_WIDTH, G_TYPE_INT, region.box.width, GST_DEEPSEEK_OCR_REGION_HEIGHT,
                           G_TYPE_INT, region.box.height, nullptr);
}

GstStructure* line_structure(const Line& line) {
  return gst_structure_new("line", GST_DEEPSEEK_OCR_LINE_TEXT, G_TYPE_STRING, line.text.c_str(),
                           GST_DEEPSEEK_OCR_LINE_CONFIDENCE, G_TYPE_DOUBLE, line.confidence,
                           GST_DEEPSEEK_OCR_LINE_CONFIDENCE_MIN, G_TYPE_DOUBLE, line.confidence_min, nullptr);
}

/// Sets `field` to an array of a structure for each of `items`.
template <typename Item>
void set_array(GstStructure* structure, const char* field, const std::vector<Item>& items,
               GstStructure* (*structure_of)(const Item&)) {
  GValue array = G_VALUE_INIT;
  gst_value_array_init(&array, items.size());
  for (const Item& item : items) {
    GValue value = G_VALUE_INIT;
    g_value_init(&value, GST_TYPE_STRUCTURE);
    g_value_take_boxed(&value, structure_of(item));
    gst_value_array_append_and_take_value(&array, &value);
  }
  gst_structure_take_value(structure, field, &array);
}

/// Boxes as other elements know them.  The type is from a fixed set, because quarks are never freed; the model's own
/// words go into the parameters.
void attach_regions_of_interest(GstBuffer* buffer, const std::vector<Region>& regions) {
  for (const Region& region : regions) {
    GstVideoRegionOfInterestMeta* meta = gst_buffer_add_video_region_of_interest_meta(
        buffer, region_kind_name(region.kind), region.box.x, region.box.y, region.box.width, region.box.height);
    gst_video_region_of_interest_meta_add_param(
        meta, gst_structure_new("deepseekocr", GST_DEEPSEEK_OCR_REGION_LABEL, G_TYPE_STRING, region.label.c_str(),
                                GST_DEEPSEEK_OCR_REGION_TEXT, G_TYPE_STRING, region.text.c_str(), nullptr));
  }
}

}  // namespace

StructurePtr reading_structure(const FrameInfo& frame, const Reading& reading, const Settings& settings, bool changed) {
  const TextFormat format = settings.text_format == TextFormat::kJson ? TextFormat::kPlain : settings.text_format;
  const std::string text = format_text(reading, format);
  GstStructure* structure = gst_structure_new(
      GST_DEEPSEEK_OCR_META_NAME, GST_DEEPSEEK_OCR_META_TEXT, G_TYPE_STRING, text.c_str(), GST_DEEPSEEK_OCR_META_FORMAT,
      G_TYPE_STRING, text_format_name(format), GST_DEEPSEEK_OCR_META_PTS, G_TYPE_UINT64, frame.pts,
      GST_DEEPSEEK_OCR_META_STREAM_TIME, G_TYPE_UINT64, frame.stream_time, GST_DEEPSEEK_OCR_META_RUNNING_TIME,
      G_TYPE_UINT64, frame.running_time, GST_DEEPSEEK_OCR_META_FRAME_NUMBER, G_TYPE_UINT64, frame.number,
      GST_DEEPSEEK_OCR_META_FINISH_REASON, G_TYPE_STRING, finish_reason_name(reading.finish_reason),
      GST_DEEPSEEK_OCR_META_CHANGED, G_TYPE_BOOLEAN, changed, GST_DEEPSEEK_OCR_META_TOKENS, G_TYPE_UINT, reading.tokens,
      GST_DEEPSEEK_OCR_META_CONFIDENCE, G_TYPE_DOUBLE, reading.confidence, GST_DEEPSEEK_OCR_META_CONFIDENCE_MIN,
      G_TYPE_DOUBLE, reading.confidence_min, GST_DEEPSEEK_OCR_META_LATENCY, G_TYPE_UINT64, reading.latency,
      GST_DEEPSEEK_OCR_META_PROMPT, G_TYPE_STRING, reading.prompt.c_str(), GST_DEEPSEEK_OCR_META_WIDTH, G_TYPE_INT,
      frame.width, GST_DEEPSEEK_OCR_META_HEIGHT, G_TYPE_INT, frame.height, nullptr);
  gst_structure_set(structure, GST_DEEPSEEK_OCR_META_AGREEMENT, G_TYPE_BOOLEAN, reading.agreement,
                    GST_DEEPSEEK_OCR_META_SINGLE_READ, G_TYPE_BOOLEAN, reading.single_read, nullptr);
  if (frame.page > 0) gst_structure_set(structure, GST_DEEPSEEK_OCR_META_PAGE, G_TYPE_INT, frame.page, nullptr);
  set_array(structure, GST_DEEPSEEK_OCR_META_LINES, reading.lines, line_structure);
  set_array(structure, GST_DEEPSEEK_OCR_META_REGIONS, reading.regions, region_structure);
  return StructurePtr(structure);
}

BufferPtr attach_delivery(BufferPtr buffer, const Delivery& delivery) {
  return DeliveryAttacher().attach(std::move(buffer), delivery);
}

/// What is prepared serves a frame that must be copied anyway, because somebody else holds it.
bool DeliveryAttacher::fits(GstBuffer* buffer, const Delivery& delivery) const {
  return next_ != nullptr && reading_ == delivery.reading && !delivery.changed && !gst_buffer_is_writable(buffer) &&
         gst_buffer_get_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME) == nullptr;
}

void DeliveryAttacher::select(const Delivery& delivery) {
  if (reading_ == delivery.reading) {
    gst_structure_set(structure_.get(), GST_DEEPSEEK_OCR_META_CHANGED, G_TYPE_BOOLEAN, delivery.changed, nullptr);
    return;
  }
  const Slot& slot = *delivery.slot;
  structure_ = reading_structure(slot.frame, *delivery.reading, *slot.settings, delivery.changed);
  reading_ = delivery.reading;
  next_.reset();
}

void DeliveryAttacher::fill(GstBuffer* buffer) const {
  gst_deepseek_ocr_meta_attach(buffer, structure_.get());
  attach_regions_of_interest(buffer, reading_->regions);
}

BufferPtr DeliveryAttacher::attach(BufferPtr buffer, const Delivery& delivery) {
  if (delivery.slot == nullptr) return buffer;
  if (fits(buffer.get(), delivery)) {
    gst_buffer_copy_into(next_.get(), buffer.get(), GST_BUFFER_COPY_ALL, 0, static_cast<gsize>(-1));
    return std::move(next_);
  }
  select(delivery);
  buffer.reset(gst_buffer_make_writable(buffer.release()));
  fill(buffer.get());
  return buffer;
}

void DeliveryAttacher::prepare() {
  if (reading_ == nullptr || next_ != nullptr) return;
  gst_structure_set(structure_.get(), GST_DEEPSEEK_OCR_META_CHANGED, G_TYPE_BOOLEAN, FALSE, nullptr);
  next_.reset(gst_buffer_new());
  fill(next_.get());
}

int32_t page_of(GstBuffer* buffer) {
  constexpr const char* kPageMeta = "GstPdfPageMeta";
  if (gst_meta_get_info(kPageMeta) == nullptr) return 0;
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, kPageMeta);
  int page = 0;
  if (meta != nullptr) gst_structure_get_int(gst_custom_meta_get_structure(meta), "page", &page);
  return page;
}

}  // namespace deepseekocr::plugin
