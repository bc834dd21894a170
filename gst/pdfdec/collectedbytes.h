// SPDX-License-Identifier: MIT
//
// A document collected in memory, for upstream elements that can only push.
#ifndef DEEPSEEKOCR_GST_PDFDEC_COLLECTEDBYTES_H
#define DEEPSEEKOCR_GST_PDFDEC_COLLECTEDBYTES_H

#include <memory>
#include <vector>

#include "bytesource.h"

namespace pdfdec {

// Grows by blocks, so that appending never moves what is there and upstream gets its buffers back at once.
class CollectedBytes final : public ByteSource {
 public:
  void append(const void* bytes, size_t count);

  uint64_t size() const override { return size_; }
  int64_t read(uint64_t offset, void* destination, size_t count) override;

 private:
  static constexpr size_t kBlockSize = size_t{1} << 20;

  std::vector<std::unique_ptr<uint8_t[]>> blocks_;
  uint64_t size_ = 0;
};

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_COLLECTEDBYTES_H
