// SPDX-License-Identifier: MIT
#include "byteinputstream.h"

#include <utility>

G_BEGIN_DECLS
#define GST_TYPE_PDF_BYTE_INPUT_STREAM (gst_pdf_byte_input_stream_get_type())
G_DECLARE_FINAL_TYPE(GstPdfByteInputStream, gst_pdf_byte_input_stream, GST, PDF_BYTE_INPUT_STREAM, GInputStream)
G_END_DECLS

struct Reader {
  std::shared_ptr<pdfdec::ByteSource> source;
  goffset position = 0;
};

struct _GstPdfByteInputStream {
  GInputStream parent;
  Reader* reader;
};

static void gst_pdf_byte_input_stream_seekable_init(GSeekableIface* interface);

G_DEFINE_FINAL_TYPE_WITH_CODE(GstPdfByteInputStream, gst_pdf_byte_input_stream, G_TYPE_INPUT_STREAM,
                              G_IMPLEMENT_INTERFACE(G_TYPE_SEEKABLE, gst_pdf_byte_input_stream_seekable_init))

static gssize gst_pdf_byte_input_stream_read(GInputStream* stream, void* destination, gsize count,
                                             GCancellable* /*cancellable*/, GError** error) {
  Reader* reader = GST_PDF_BYTE_INPUT_STREAM(stream)->reader;
  const int64_t got = reader->source->read(static_cast<uint64_t>(reader->position), destination, count);
  if (got < 0) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, "upstream does not deliver the bytes of the document");
    return -1;
  }
  reader->position += got;
  return static_cast<gssize>(got);
}

static goffset gst_pdf_byte_input_stream_tell(GSeekable* seekable) {
  return GST_PDF_BYTE_INPUT_STREAM(seekable)->reader->position;
}

static gboolean gst_pdf_byte_input_stream_can_seek(GSeekable* /*seekable*/) {
  return TRUE;
}

static gboolean gst_pdf_byte_input_stream_seek(GSeekable* seekable, goffset offset, GSeekType type,
                                               GCancellable* /*cancellable*/, GError** error) {
  Reader* reader = GST_PDF_BYTE_INPUT_STREAM(seekable)->reader;
  goffset base = 0;
  if (type == G_SEEK_CUR) base = reader->position;
  if (type == G_SEEK_END) base = static_cast<goffset>(reader->source->size());
  goffset target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) {
    g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "seek to before the start of the document");
    return FALSE;
  }
  reader->position = target;
  return TRUE;
}

static gboolean gst_pdf_byte_input_stream_can_truncate(GSeekable* /*seekable*/) {
  return FALSE;
}

static gboolean gst_pdf_byte_input_stream_truncate(GSeekable* /*seekable*/, goffset /*offset*/,
                                                   GCancellable* /*cancellable*/, GError** error) {
  g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "the document is only read");
  return FALSE;
}

static void gst_pdf_byte_input_stream_finalize(GObject* object) {
  delete GST_PDF_BYTE_INPUT_STREAM(object)->reader;
  G_OBJECT_CLASS(gst_pdf_byte_input_stream_parent_class)->finalize(object);
}

static void gst_pdf_byte_input_stream_class_init(GstPdfByteInputStreamClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = gst_pdf_byte_input_stream_finalize;
  G_INPUT_STREAM_CLASS(klass)->read_fn = gst_pdf_byte_input_stream_read;
}

static void gst_pdf_byte_input_stream_seekable_init(GSeekableIface* interface) {
  interface->tell = gst_pdf_byte_input_stream_tell;
  interface->can_seek = gst_pdf_byte_input_stream_can_seek;
  interface->seek = gst_pdf_byte_input_stream_seek;
  interface->can_truncate = gst_pdf_byte_input_stream_can_truncate;
  interface->truncate_fn = gst_pdf_byte_input_stream_truncate;
}

static void gst_pdf_byte_input_stream_init(GstPdfByteInputStream* self) {
  self->reader = new Reader();
}

GInputStream* pdfdec::byte_input_stream_new(std::shared_ptr<ByteSource> source) {
  auto* self = GST_PDF_BYTE_INPUT_STREAM(g_object_new(GST_TYPE_PDF_BYTE_INPUT_STREAM, nullptr));
  self->reader->source = std::move(source);
  return G_INPUT_STREAM(self);
}
