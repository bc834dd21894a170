// SPDX-License-Identifier: MIT
//
// A document pulled from upstream block by block, as it is needed.
#ifndef DEEPSEEKOCR_GST_PDFDEC_PADBYTES_H
#define DEEPSEEKOCR_GST_PDFDEC_PADBYTES_H

#include <gst/gst.h>

#include <array>

#include "bytesource.h"

namespace pdfdec {

// Poppler reads in pieces of about a kilobyte and goes back and forth; a few larger blocks are kept for it.
class PadBytes final : public ByteSource {
 public:
  // `pad` is a sink pad in pull mode that outlives this object; `size` is what upstream said its size is.
  PadBytes(GstPad* pad, uint64_t size) : pad_(pad), size_(size) {}
  ~PadBytes() override;

  PadBytes(const PadBytes&) = delete;
  PadBytes& operator=(const PadBytes&) = delete;

  uint64_t size() const override { return size_; }
  int64_t read(uint64_t offset, void* destination, size_t count) override;

  // GST_FLOW_OK, or what the first pull that failed returned; from then on every read fails.
  GstFlowReturn flow() const { return flow_; }

 private:
  static constexpr uint64_t kBlockSize = uint64_t{64} << 10;
  static constexpr size_t kBlockCount = 16;

  struct Block {
    uint64_t index = 0;
    GstBuffer* buffer = nullptr;
  };

  // The block that holds `index` × kBlockSize, or null with flow() set.
  GstBuffer* block(uint64_t index);

  GstPad* pad_;
  uint64_t size_;
  GstFlowReturn flow_ = GST_FLOW_OK;
  std::array<Block, kBlockCount> blocks_;
  size_t oldest_ = 0;
};

}  // namespace pdfdec

#endif  // DEEPSEEKOCR_GST_PDFDEC_PADBYTES_H
