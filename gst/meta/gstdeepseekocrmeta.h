/* SPDX-License-Identifier: MIT
 *
 * GstDeepseekOcrMeta: the text that was read on a video frame.
 *
 * It is a GstCustomMeta registered under GST_DEEPSEEK_OCR_META_NAME, so programs that do not link this library (Python,
 * other plugins) read it with gst_buffer_get_custom_meta() and the field names below; core serialises it from 1.24 on.
 * C and C++ programs copy this header and use the accessors, which are inline or need only GStreamer core.
 */
#ifndef GST_DEEPSEEK_OCR_META_H
#define GST_DEEPSEEK_OCR_META_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* C has no nullptr.  NOLINTBEGIN(modernize-use-nullptr) */

#define GST_DEEPSEEK_OCR_META_NAME "GstDeepseekOcrMeta"

/* Fields of the structure.  Type in brackets.  Times are GstClockTime, sizes are pixels. */
#define GST_DEEPSEEK_OCR_META_TEXT "text"                     /* [string] in the element's text-format */
#define GST_DEEPSEEK_OCR_META_FORMAT "format"                 /* [string] nick of text-format */
#define GST_DEEPSEEK_OCR_META_PTS "pts"                       /* [guint64] of the frame that was read */
#define GST_DEEPSEEK_OCR_META_STREAM_TIME "stream-time"       /* [guint64] of that frame */
#define GST_DEEPSEEK_OCR_META_RUNNING_TIME "running-time"     /* [guint64] of that frame */
#define GST_DEEPSEEK_OCR_META_FRAME_NUMBER "frame-number"     /* [guint64] counted from 0 at the element */
#define GST_DEEPSEEK_OCR_META_PAGE "page"                     /* [gint] from 1; only behind pdfdec */
#define GST_DEEPSEEK_OCR_META_FINISH_REASON "finish-reason"   /* [string] stop, length, repetition, timeout, … */
#define GST_DEEPSEEK_OCR_META_CHANGED "changed"               /* [gboolean] FALSE: a repeat of an earlier reading */
#define GST_DEEPSEEK_OCR_META_TOKENS "tokens"                 /* [guint] generated */
#define GST_DEEPSEEK_OCR_META_CONFIDENCE "confidence"         /* [gdouble] mean token probability 0..1 */
#define GST_DEEPSEEK_OCR_META_CONFIDENCE_MIN "confidence-min" /* [gdouble] */
#define GST_DEEPSEEK_OCR_META_LINES "lines"                   /* [GstValueArray of GstStructure] see below */
#define GST_DEEPSEEK_OCR_META_AGREEMENT "agreement"     /* [gboolean] FALSE: two readings were to agree and do not */
#define GST_DEEPSEEK_OCR_META_SINGLE_READ "single-read" /* [gboolean] TRUE: no second reading says the same */
#define GST_DEEPSEEK_OCR_META_LATENCY "latency"         /* [guint64] from frame in to result, nanoseconds */
#define GST_DEEPSEEK_OCR_META_PROMPT "prompt"           /* [string] */
#define GST_DEEPSEEK_OCR_META_WIDTH "width"             /* [gint] of the frame that the boxes refer to */
#define GST_DEEPSEEK_OCR_META_HEIGHT "height"           /* [gint] */
#define GST_DEEPSEEK_OCR_META_REGIONS "regions"         /* [GstValueArray of GstStructure] see below */

/* Fields of a line of text ("line" structures), from top to bottom. */
#define GST_DEEPSEEK_OCR_LINE_TEXT "text"                     /* [string] plain */
#define GST_DEEPSEEK_OCR_LINE_CONFIDENCE "confidence"         /* [gdouble] mean token probability 0..1 */
#define GST_DEEPSEEK_OCR_LINE_CONFIDENCE_MIN "confidence-min" /* [gdouble] */

/* Fields of a region ("region" structures). */
#define GST_DEEPSEEK_OCR_REGION_KIND "kind"     /* [string] text, title, table, image, other */
#define GST_DEEPSEEK_OCR_REGION_LABEL "label"   /* [string] as the model wrote it */
#define GST_DEEPSEEK_OCR_REGION_TEXT "text"     /* [string] may be empty */
#define GST_DEEPSEEK_OCR_REGION_X "x"           /* [gint] */
#define GST_DEEPSEEK_OCR_REGION_Y "y"           /* [gint] */
#define GST_DEEPSEEK_OCR_REGION_WIDTH "width"   /* [gint] */
#define GST_DEEPSEEK_OCR_REGION_HEIGHT "height" /* [gint] */

/** Returns: (transfer none) (nullable): the structure of the reading on @buffer, or NULL if it carries none. */
static inline GstStructure* gst_deepseek_ocr_meta_get_structure(GstBuffer* buffer) {
  GstCustomMeta* meta = NULL;
  if (gst_meta_get_info(GST_DEEPSEEK_OCR_META_NAME) != NULL)
    meta = gst_buffer_get_custom_meta(buffer, GST_DEEPSEEK_OCR_META_NAME);
  return meta != NULL ? gst_custom_meta_get_structure(meta) : NULL;
}

/** Returns: (transfer none) (nullable): the text read on @buffer. */
static inline const gchar* gst_deepseek_ocr_meta_get_text(GstBuffer* buffer) {
  GstStructure* structure = gst_deepseek_ocr_meta_get_structure(buffer);
  return structure != NULL ? gst_structure_get_string(structure, GST_DEEPSEEK_OCR_META_TEXT) : NULL;
}

/* Of the arrays; use the functions below. */
static inline guint gst_deepseek_ocr_meta_get_n_items(GstBuffer* buffer, const gchar* field) {
  GstStructure* structure = gst_deepseek_ocr_meta_get_structure(buffer);
  const GValue* items = structure != NULL ? gst_structure_get_value(structure, field) : NULL;
  return items != NULL ? gst_value_array_get_size(items) : 0;
}
static inline const GstStructure* gst_deepseek_ocr_meta_get_item(GstBuffer* buffer, const gchar* field, guint index) {
  GstStructure* structure = gst_deepseek_ocr_meta_get_structure(buffer);
  const GValue* items = structure != NULL ? gst_structure_get_value(structure, field) : NULL;
  if (items == NULL || index >= gst_value_array_get_size(items)) return NULL;
  return gst_value_get_structure(gst_value_array_get_value(items, index));
}

/** Returns: the number of lines of the text read on @buffer. */
static inline guint gst_deepseek_ocr_meta_get_n_lines(GstBuffer* buffer) {
  return gst_deepseek_ocr_meta_get_n_items(buffer, GST_DEEPSEEK_OCR_META_LINES);
}

/** Returns: (transfer none) (nullable): line @index of the text read on @buffer. */
static inline const GstStructure* gst_deepseek_ocr_meta_get_line(GstBuffer* buffer, guint index) {
  return gst_deepseek_ocr_meta_get_item(buffer, GST_DEEPSEEK_OCR_META_LINES, index);
}

/** Returns: the number of boxes of the reading on @buffer. */
static inline guint gst_deepseek_ocr_meta_get_n_regions(GstBuffer* buffer) {
  return gst_deepseek_ocr_meta_get_n_items(buffer, GST_DEEPSEEK_OCR_META_REGIONS);
}

/** Returns: (transfer none) (nullable): region @index of the reading on @buffer. */
static inline const GstStructure* gst_deepseek_ocr_meta_get_region(GstBuffer* buffer, guint index) {
  return gst_deepseek_ocr_meta_get_item(buffer, GST_DEEPSEEK_OCR_META_REGIONS, index);
}

/* NOLINTEND(modernize-use-nullptr) */

G_END_DECLS

#endif /* GST_DEEPSEEK_OCR_META_H */
