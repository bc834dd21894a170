// SPDX-License-Identifier: MIT
// Enumerations of the element's properties, and when a property may be changed.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DEEPSEEK_OCR_PRECISION (gst_deepseek_ocr_precision_get_type())
GType gst_deepseek_ocr_precision_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_KV_CACHE (gst_deepseek_ocr_kv_cache_get_type())
GType gst_deepseek_ocr_kv_cache_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_TASK (gst_deepseek_ocr_task_get_type())
GType gst_deepseek_ocr_task_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_RESOLUTION (gst_deepseek_ocr_resolution_get_type())
GType gst_deepseek_ocr_resolution_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_TEXT_FORMAT (gst_deepseek_ocr_text_format_get_type())
GType gst_deepseek_ocr_text_format_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_ATTACH (gst_deepseek_ocr_attach_get_type())
GType gst_deepseek_ocr_attach_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_DRAFT (gst_deepseek_ocr_draft_get_type())
GType gst_deepseek_ocr_draft_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_DROP (gst_deepseek_ocr_drop_get_type())
GType gst_deepseek_ocr_drop_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_INFERENCE_REGION (gst_deepseek_ocr_inference_region_get_type())
GType gst_deepseek_ocr_inference_region_get_type(void);
#define GST_TYPE_DEEPSEEK_OCR_TEXT_TIMING (gst_deepseek_ocr_text_timing_get_type())
GType gst_deepseek_ocr_text_timing_get_type(void);

G_END_DECLS

namespace deepseekocr::plugin {

/// Before the element has data to work on.
constexpr auto kReady = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
/// At any time.
constexpr auto kPlaying =
    static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

}  // namespace deepseekocr::plugin
