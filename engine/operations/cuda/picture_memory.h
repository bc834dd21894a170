// SPDX-License-Identifier: MIT
// Streams and memory that pictures are worked on with, on one device.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

/// Any thread.
class PictureMemory {
 public:
  /// @param library  outlives it
  PictureMemory(const Library& library, int device) : library_(library), device_(device) {}
  /// Every lease has ended.
  ~PictureMemory();
  PictureMemory(const PictureMemory&) = delete;
  PictureMemory& operator=(const PictureMemory&) = delete;

  const Library& library() const { return library_; }
  int device() const { return device_; }
  /// Gives memory that is kept for the next picture back to the device.
  void trim() const { library_.trim(device_); }

 private:
  friend class QueueLease;
  /// @throws EngineError
  PictureQueue* take();
  void give_back(PictureQueue* queue) noexcept;

  const Library& library_;
  int device_;
  std::mutex mutex_;  // leaf lock
  std::vector<PictureQueue*> idle_;
};

/// A stream for one thread at a time.  When it ends, all that was launched on it has ended too, whatever was thrown:
/// what the launches read may be given up then.
class QueueLease {
 public:
  /// @throws EngineError
  explicit QueueLease(std::shared_ptr<PictureMemory> memory) : memory_(std::move(memory)), queue_(memory_->take()) {}
  ~QueueLease();
  QueueLease(const QueueLease&) = delete;
  QueueLease& operator=(const QueueLease&) = delete;

  const std::shared_ptr<PictureMemory>& memory() const { return memory_; }
  const Library& library() const { return memory_->library(); }
  PictureQueue* queue() const { return queue_; }
  /// @throws EngineError
  void wait() const;

 private:
  std::shared_ptr<PictureMemory> memory_;
  PictureQueue* queue_;
};

/// Waits at the end of a scope, an exception or not: host memory that is declared before it is not read any more then.
class WaitAtEnd {
 public:
  explicit WaitAtEnd(const QueueLease& lease) : lease_(lease) {}
  ~WaitAtEnd() { lease_.library().wait(lease_.queue()); }
  WaitAtEnd(const WaitAtEnd&) = delete;
  WaitAtEnd& operator=(const WaitAtEnd&) = delete;

 private:
  const QueueLease& lease_;
};

/// Device memory that is freed behind what its lease has launched.
class DeviceBuffer {
 public:
  DeviceBuffer() = default;
  /// @throws EngineError(DSOCR_OUT_OF_MEMORY)
  DeviceBuffer(const QueueLease& lease, size_t bytes);
  DeviceBuffer(DeviceBuffer&& other) noexcept;
  DeviceBuffer& operator=(DeviceBuffer&& other) noexcept;
  ~DeviceBuffer();

  uint8_t* data() const { return data_; }
  /// Gives the memory up to the caller, who frees it.
  uint8_t* release();

 private:
  const QueueLease* lease_ = nullptr;
  uint8_t* data_ = nullptr;
};

/// Frees memory of a buffer that was released, once nothing uses it.
void free_released(const std::shared_ptr<PictureMemory>& memory, uint8_t* data) noexcept;

}  // namespace deepseekocr::cuda
