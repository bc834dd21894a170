/* SPDX-License-Identifier: MIT
 *
 * The public header is C, and needs nothing but GStreamer core.
 */
#include "meta/gstdeepseekocrmeta.h"

int main(int argc, char** argv) {
  gst_init(&argc, &argv);
  GstBuffer* buffer = gst_buffer_new();
  const gboolean none = gst_deepseek_ocr_meta_get_text(buffer) == NULL;
  gst_buffer_unref(buffer);
  gst_deinit();
  return none ? 0 : 1;
}
