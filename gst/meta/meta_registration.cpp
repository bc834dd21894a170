// SPDX-License-Identifier: MIT
#include "meta/meta_registration.h"

void gst_deepseek_ocr_meta_register() {
  static gsize once = 0;
  if (!g_once_init_enter(&once)) return;
  // No tags: the text stays true when a frame is converted, scaled or cropped; the boxes name the size they refer to.
  // Somebody who reads the meta may have registered it before the plugin was loaded.
  static const gchar* tags[] = {nullptr};
  if (gst_meta_get_info(GST_DEEPSEEK_OCR_META_NAME) == nullptr)
    gst_meta_register_custom(GST_DEEPSEEK_OCR_META_NAME, tags, nullptr, nullptr, nullptr);
  g_once_init_leave(&once, 1);
}

void gst_deepseek_ocr_meta_attach(GstBuffer* buffer, const GstStructure* fields) {
  g_return_if_fail(gst_buffer_is_writable(buffer));
  GstCustomMeta* meta = gst_buffer_get_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME);
  if (meta == nullptr) meta = gst_buffer_add_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME);
  GstStructure* structure = gst_custom_meta_get_structure(meta);
  gst_structure_remove_all_fields(structure);
  gst_structure_foreach(
      fields,
      [](GQuark field, const GValue* value, gpointer target) -> gboolean {
        gst_structure_id_set_value(static_cast<GstStructure*>(target), field, value);
        return TRUE;
      },
      structure);
}
