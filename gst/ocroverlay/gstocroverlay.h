/* SPDX-License-Identifier: MIT
 *
 * ocroverlay: draws what deepseekocr read onto the frames.
 */
#ifndef GST_OCR_OVERLAY_H
#define GST_OCR_OVERLAY_H

#include <gst/video/gstvideofilter.h>

G_BEGIN_DECLS

#define GST_TYPE_OCR_OVERLAY (gst_ocr_overlay_get_type())
G_DECLARE_FINAL_TYPE(GstOcrOverlay, gst_ocr_overlay, GST, OCR_OVERLAY, GstVideoFilter)

GST_ELEMENT_REGISTER_DECLARE(ocroverlay)

G_END_DECLS

#endif /* GST_OCR_OVERLAY_H */
