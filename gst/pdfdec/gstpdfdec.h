/* SPDX-License-Identifier: MIT
 *
 * pdfdec: the pages of a PDF document as video frames.
 */
#ifndef GST_PDF_DEC_H
#define GST_PDF_DEC_H

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_PDF_DEC (gst_pdf_dec_get_type())
G_DECLARE_FINAL_TYPE(GstPdfDec, gst_pdf_dec, GST, PDF_DEC, GstElement)

GST_ELEMENT_REGISTER_DECLARE(pdfdec)

G_END_DECLS

#endif /* GST_PDF_DEC_H */
