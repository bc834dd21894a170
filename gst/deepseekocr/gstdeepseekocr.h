/* SPDX-License-Identifier: MIT
 *
 * The deepseekocr element: reads the text on video frames.
 */
#ifndef GST_DEEPSEEK_OCR_H
#define GST_DEEPSEEK_OCR_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_DEEPSEEK_OCR (gst_deepseek_ocr_get_type())
G_DECLARE_FINAL_TYPE(GstDeepseekOcr, gst_deepseek_ocr, GST, DEEPSEEK_OCR, GstElement)

GST_ELEMENT_REGISTER_DECLARE(deepseekocr)

G_END_DECLS

#endif /* GST_DEEPSEEK_OCR_H */
