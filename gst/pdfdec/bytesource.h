// SPDX-License-Identifier: MIT
//
// The bytes of a document with random access, wherever they lie.
#ifndef DEEPSEEKOCR_GST_PDFDEC_BYTESOURCE_H
#define DEEPSEEKOCR_GST_PDFDEC_BYTESOURCE_H

#include <cstddef>
#include <cstdint>

namespace pdfdec {

// Used by one thread at a time.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Bytes in the document.
  virtual uint64_t size() const = 0;

  // Copies up to `count` bytes from `offset` to `destination`.  Returns how many, 0 at the end, −1 where the bytes
  // cannot be had (the implementation knows why).
  virtual int64_t read(uint64_t offset, void* destination, size_t count) = 0;
};

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_BYTESOURCE_H
