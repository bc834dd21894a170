// SPDX-License-Identifier: MIT
#include "padbytes.h"

#include <algorithm>

namespace pdfdec {

PadBytes::~PadBytes() {
  for (Block& block : blocks_) gst_clear_buffer(&block.buffer);
}

GstBuffer* PadBytes::block(uint64_t index) {
  for (const Block& block : blocks_) {
    if (block.buffer != nullptr && block.index == index) return block.buffer;
  }
  Block& victim = blocks_[oldest_];
  oldest_ = (oldest_ + 1) % kBlockCount;
  gst_clear_buffer(&victim.buffer);
  const uint64_t offset = index * kBlockSize;
  const auto length = static_cast<guint>(std::min(kBlockSize, size_ - offset));
  const GstFlowReturn flow = gst_pad_pull_range(pad_, offset, length, &victim.buffer);
  if (flow != GST_FLOW_OK) {
    victim.buffer = nullptr;
    flow_ = flow;
    return nullptr;
  }
  victim.index = index;
  return victim.buffer;
}

int64_t PadBytes::read(uint64_t offset, void* destination, size_t count) {
  if (flow_ != GST_FLOW_OK) return -1;
  if (offset >= size_) return 0;
  GstBuffer* buffer = block(offset / kBlockSize);
  if (buffer == nullptr) {
    if (flow_ != GST_FLOW_EOS) return -1;
    flow_ = GST_FLOW_OK;  // the file is shorter than upstream said: a damaged document, not a failure of the stream
    size_ = offset;
    return 0;
  }
  return static_cast<int64_t>(gst_buffer_extract(buffer, offset % kBlockSize, destination, count));
}

}  // namespace pdfdec
