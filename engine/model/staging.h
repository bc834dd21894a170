// SPDX-License-Identifier: MIT
// From a checkpoint's files to a device's memory, over a bounded piece of pinned memory.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>

#include <array>
#include <optional>
#include <string>

#include "checkpoint/checkpoint.h"

namespace deepseekocr {

/// Reads one piece while the one before is on its way.  Copies are ordered on the device's current stream.
/// Not thread-safe.
class Staging {
 public:
  explicit Staging(at::Device device) : device_(device) {}

  /// Fills a contiguous tensor on the device with a whole tensor of the checkpoint.  @throws CheckpointError
  void read(const Checkpoint& checkpoint, const std::string& name, ElementType type, const at::Tensor& destination);

 private:
  struct Buffer {
    at::Tensor memory;                 ///< pinned bytes
    std::optional<c10::Event> copied;  ///< its last contents have left it
  };
  Buffer& next_buffer();

  at::Device device_;
  std::array<Buffer, 2> buffers_;
  size_t next_ = 0;
};

}  // namespace deepseekocr
