// SPDX-License-Identifier: MIT
#include "model/staging.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <algorithm>

namespace deepseekocr {
namespace {

constexpr int64_t kBufferBytes = 16 << 20;  ///< of each buffer; a multiple of every element's size
constexpr int64_t kReadElements = 1 << 20;  ///< that one thread reads at a time

}  // namespace

Staging::Buffer& Staging::next_buffer() {
  Buffer& buffer = buffers_[next_++ % buffers_.size()];
  if (!buffer.memory.defined()) {
    buffer.memory = at::empty({kBufferBytes}, at::TensorOptions().dtype(at::kByte).pinned_memory(true));
    buffer.copied.emplace(device_.type());
  } else {
    buffer.copied->synchronize();
  }
  return buffer;
}

void Staging::read(const Checkpoint& checkpoint, const std::string& name, ElementType type,
                   const at::Tensor& destination) {
  const at::Tensor flat = destination.view({-1});
  const auto size = static_cast<int64_t>(element_size(type)), piece = kBufferBytes / size;
  for (int64_t first = 0; first < flat.numel(); first += piece) {
    const int64_t count = std::min(piece, flat.numel() - first);
    Buffer& buffer = next_buffer();
    auto* bytes = static_cast<std::byte*>(buffer.memory.mutable_data_ptr());
    at::parallel_for(0, count, kReadElements, [&](int64_t begin, int64_t end) {
      checkpoint.read(name, type, static_cast<uint64_t>(first + begin), static_cast<uint64_t>(end - begin),
                      bytes + begin * size);
    });
    const at::Tensor part = buffer.memory.narrow(0, 0, count * size).view(flat.scalar_type());
    flat.narrow(0, first, count).copy_(part, /*non_blocking=*/true);
    buffer.copied->record(c10::impl::VirtualGuardImpl(device_.type()).getStream(device_));
  }
}

}  // namespace deepseekocr
