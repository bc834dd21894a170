/* SPDX-License-Identifier: MIT
 *
 * GstPdfPageMeta: which page of which document a video buffer shows.
 *
 * pdfdec puts it on every buffer.  It is a GstCustomMeta registered under GST_PDF_PAGE_META_NAME, so programs that do
 * not know this header (Python, other plugins) read it with gst_buffer_get_custom_meta() and the field names below. C
 * and C++ programs copy this header; the accessors are inline and need only GStreamer core.
 */
#ifndef GST_PDF_PAGE_META_H
#define GST_PDF_PAGE_META_H

#include <gst/gst.h>

G_BEGIN_DECLS

/* NOLINTBEGIN(modernize-use-nullptr): this is a C header too. */

#define GST_PDF_PAGE_META_NAME "GstPdfPageMeta"

/* Fields of the structure.  Type in brackets. */
#define GST_PDF_PAGE_META_PAGE "page"   /* [gint] number of the page in the document, from 1 */
#define GST_PDF_PAGE_META_PAGES "pages" /* [gint] number of pages in the document */
#define GST_PDF_PAGE_META_DPI "dpi"     /* [gdouble] pixels per inch that the page was drawn at */
#define GST_PDF_PAGE_META_LABEL "label" /* [string] printed page number ("iv", "12"), empty where there is none */

/** Returns: (transfer none) (nullable): the structure on @buffer, or NULL where it shows no page of a document. */
static inline GstStructure* gst_pdf_page_meta_get_structure(GstBuffer* buffer) {
  GstCustomMeta* meta = NULL;
  if (gst_meta_get_info(GST_PDF_PAGE_META_NAME) != NULL)
    meta = gst_buffer_get_custom_meta(buffer, GST_PDF_PAGE_META_NAME);
  return meta != NULL ? gst_custom_meta_get_structure(meta) : NULL;
}

/** Returns: the page that @buffer shows, from 1, or 0 where it shows no page of a document. */
static inline gint gst_pdf_page_meta_get_page(GstBuffer* buffer) {
  GstStructure* structure = gst_pdf_page_meta_get_structure(buffer);
  gint page = 0;
  if (structure != NULL) gst_structure_get_int(structure, GST_PDF_PAGE_META_PAGE, &page);
  return page;
}

/* NOLINTEND(modernize-use-nullptr) */

G_END_DECLS

#endif /* GST_PDF_PAGE_META_H */
