// SPDX-License-Identifier: MIT
#include "collectedbytes.h"

#include <algorithm>
#include <cstring>

namespace pdfdec {

void CollectedBytes::append(const void* bytes, size_t count) {
  const auto* source = static_cast<const uint8_t*>(bytes);
  while (count > 0) {
    const size_t used = size_ % kBlockSize;
    if (used == 0) blocks_.push_back(std::make_unique_for_overwrite<uint8_t[]>(kBlockSize));
    const size_t part = std::min(count, kBlockSize - used);
    std::memcpy(blocks_.back().get() + used, source, part);
    source += part;
    count -= part;
    size_ += part;
  }
}

int64_t CollectedBytes::read(uint64_t offset, void* destination, size_t count) {
  if (offset >= size_) return 0;
  const size_t wanted = static_cast<size_t>(std::min<uint64_t>(count, size_ - offset));
  auto* out = static_cast<uint8_t*>(destination);
  for (size_t done = 0; done < wanted;) {
    const uint64_t position = offset + done;
    const size_t within = position % kBlockSize;
    const size_t part = std::min(wanted - done, kBlockSize - within);
    std::memcpy(out + done, blocks_[position / kBlockSize].get() + within, part);
    done += part;
  }
  return static_cast<int64_t>(wanted);
}

}  // namespace pdfdec
