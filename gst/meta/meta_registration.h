/* SPDX-License-Identifier: MIT
 *
 * Registration and attachment of GstDeepseekOcrMeta, for the elements of this plugin.
 */
#ifndef GST_DEEPSEEK_OCR_META_REGISTRATION_H
#define GST_DEEPSEEK_OCR_META_REGISTRATION_H

#include <gst/gst.h>

#include "meta/gstdeepseekocrmeta.h"

G_BEGIN_DECLS

/** Registers the meta with GStreamer once; thread-safe, any number of calls. */
void gst_deepseek_ocr_meta_register(void);

/** Puts the fields of @fields on @buffer, in place of a reading that it may already carry.
 *  @buffer: must be writable.
 *  @fields: (transfer none): any name; its fields are copied. */
void gst_deepseek_ocr_meta_attach(GstBuffer* buffer, const GstStructure* fields);

G_END_DECLS

#endif /* GST_DEEPSEEK_OCR_META_REGISTRATION_H */
