// SPDX-License-Identifier: MIT
#include "deepseekocr/properties.h"
#include "deepseekocr/settings.h"

using namespace deepseekocr::plugin;

namespace {

/// Registers an enumeration once; thread-safe.
GType register_once(gsize* once, const char* name, const GEnumValue* values) {
  if (g_once_init_enter(once)) g_once_init_leave(once, g_enum_register_static(name, values));
  return *once;
}

constexpr gint value_of(TextFormat value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(Attach value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(Drop value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(Draft value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(InferenceRegion value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(TextTiming value) {
  return static_cast<gint>(value);
}
constexpr gint value_of(Task value) {
  return static_cast<gint>(value);
}

}  // namespace

/**
 * GstDeepseekOcrPrecision:
 * Since: 0.1
 */
GType gst_deepseek_ocr_precision_get_type() {
  static const GEnumValue values[] = {
      {DSOCR_PRECISION_AUTO, "The fastest that reads the same text on this device", "auto"},
      {DSOCR_PRECISION_FP32, "32-bit floating point, the reference", "fp32"},
      {DSOCR_PRECISION_BF16, "bfloat16 weights, half the memory", "bf16"},
      {DSOCR_PRECISION_INT8, "8-bit decoder weights", "int8"},
      {DSOCR_PRECISION_INT4, "4-bit decoder weights", "int4"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrPrecision", values);
}

/**
 * GstDeepseekOcrKvCache:
 * Since: 0.2
 */
GType gst_deepseek_ocr_kv_cache_get_type() {
  static const GEnumValue values[] = {
      {DSOCR_KV_CACHE_AUTO,
       "int8 for large checkpoints with precision int8 and int4 on a processor with AVX2, else native", "auto"},
      {DSOCR_KV_CACHE_NATIVE, "As activations: bfloat16 or 32-bit floating point", "native"},
      {DSOCR_KV_CACHE_INT8, "8 bits, on a processor only", "int8"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrKvCache", values);
}

/**
 * GstDeepseekOcrTask:
 * Since: 0.1
 */
GType gst_deepseek_ocr_task_get_type() {
  static const GEnumValue values[] = {
      {value_of(Task::kCustom), "The prompt property, and where that is empty the model's own prompt", "custom"},
      {value_of(Task::kFreeOcr), "Text without layout", "free-ocr"},
      {value_of(Task::kMarkdown), "A document as Markdown, with boxes", "markdown"},
      {value_of(Task::kOcr), "Lines of text with boxes", "ocr"},
      {value_of(Task::kFigure), "A chart, formula or drawing", "figure"},
      {value_of(Task::kDescribe), "A description of the picture", "describe"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrTask", values);
}

/**
 * GstDeepseekOcrResolution:
 * Since: 0.1
 */
GType gst_deepseek_ocr_resolution_get_type() {
  static const GEnumValue values[] = {
      {DSOCR_MODE_AUTO, "The model's own canvases where it has them, else gundam", "auto"},
      {DSOCR_MODE_TINY, "512x512, 64 image tokens", "tiny"},
      {DSOCR_MODE_SMALL, "640x640, 100 image tokens", "small"},
      {DSOCR_MODE_BASE, "1024x1024, 256 image tokens", "base"},
      {DSOCR_MODE_LARGE, "1280x1280, 400 image tokens", "large"},
      {DSOCR_MODE_GUNDAM, "640x640 tiles and a 1024x1024 overview", "gundam"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrResolution", values);
}

/**
 * GstDeepseekOcrTextFormat:
 * Since: 0.1
 */
GType gst_deepseek_ocr_text_format_get_type() {
  static const GEnumValue values[] = {
      {value_of(TextFormat::kPlain), "Text without tags and without empty lines", "plain"},
      {value_of(TextFormat::kMarkdown), "Markdown as the model writes it, tags resolved", "markdown"},
      {value_of(TextFormat::kSubtitle), "Cue-safe text: wrapped, equal readings joined to one cue", "subtitle"},
      {value_of(TextFormat::kJson), "One JSON object per reading (application/x-json)", "json"},
      {value_of(TextFormat::kRaw), "As generated, special tokens kept", "raw"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrTextFormat", values);
}

/**
 * GstDeepseekOcrAttach:
 * Since: 0.1
 */
GType gst_deepseek_ocr_attach_get_type() {
  static const GEnumValue values[] = {
      {value_of(Attach::kAuto), "latest behind a live source, else exact", "auto"},
      {value_of(Attach::kExact), "A frame leaves when its own reading is there", "exact"},
      {value_of(Attach::kLatest), "A frame leaves at once with the newest finished reading", "latest"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrAttach", values);
}

/**
 * GstDeepseekOcrDraft:
 * Since: 0.2
 */
GType gst_deepseek_ocr_draft_get_type() {
  static const GEnumValue values[] = {
      {value_of(Draft::kPrevious), "The text that was read before in the same stream", "previous"},
      {value_of(Draft::kNone), "No draft: the model writes every token anew", "none"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrDraft", values);
}

/**
 * GstDeepseekOcrInferenceRegion:
 * Since: 0.2
 */
GType gst_deepseek_ocr_inference_region_get_type() {
  static const GEnumValue values[] = {
      {value_of(InferenceRegion::kFullFrame), "The frame, or its area", "full-frame"},
      {value_of(InferenceRegion::kRoiList), "Each GstVideoRegionOfInterestMeta on its own", "roi-list"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrInferenceRegion", values);
}

/**
 * GstDeepseekOcrDrop:
 * Since: 0.1
 */
GType gst_deepseek_ocr_drop_get_type() {
  static const GEnumValue values[] = {
      {value_of(Drop::kAuto), "newest behind a live source, else never", "auto"},
      {value_of(Drop::kNever), "Every admitted frame is read; upstream waits", "never"},
      {value_of(Drop::kNewest), "The newest frame waits for the model, older ones are not read", "newest"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrDrop", values);
}

/**
 * GstDeepseekOcrTextTiming:
 * Since: 0.2
 */
GType gst_deepseek_ocr_text_timing_get_type() {
  static const GEnumValue values[] = {
      {value_of(TextTiming::kAuto), "immediate behind a live source, else group", "auto"},
      {value_of(TextTiming::kGroup), "A text is sent when its end is known, with the times of its frames", "group"},
      {value_of(TextTiming::kImmediate), "A text is sent when it was read, and again while it stands", "immediate"},
      {0, nullptr, nullptr}};
  static gsize once = 0;
  return register_once(&once, "GstDeepseekOcrTextTiming", values);
}
