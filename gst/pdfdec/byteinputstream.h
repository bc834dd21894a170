// SPDX-License-Identifier: MIT
//
// A seekable GInputStream over a ByteSource, the form in which Poppler takes a document with random access.
#ifndef DEEPSEEKOCR_GST_PDFDEC_BYTEINPUTSTREAM_H
#define DEEPSEEKOCR_GST_PDFDEC_BYTEINPUTSTREAM_H

#include <gio/gio.h>

#include <memory>

#include "bytesource.h"

namespace pdfdec {

// Returns: (transfer full): a stream at position 0.  It keeps `source` alive.
GInputStream* byte_input_stream_new(std::shared_ptr<ByteSource> source);

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_BYTEINPUTSTREAM_H
