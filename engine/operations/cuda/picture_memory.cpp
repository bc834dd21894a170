// SPDX-License-Identifier: MIT
#include "operations/cuda/picture_memory.h"

#include <string>
#include <utility>

#include "checkpoint/error.h"
#include "operations/cuda/support.h"

namespace deepseekocr::cuda {

PictureMemory::~PictureMemory() {
  for (PictureQueue* queue : idle_) library_.destroy_queue(queue);
}

PictureQueue* PictureMemory::take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      PictureQueue* queue = idle_.back();
      idle_.pop_back();
      return queue;
    }
    idle_.reserve(idle_.capacity() + 1);  // give_back() must not fail
  }
  PictureQueue* queue = nullptr;
  check(library_.create_queue(device_, &queue));
  return queue;
}

void PictureMemory::give_back(PictureQueue* queue) noexcept {
  const std::lock_guard lock(mutex_);
  idle_.push_back(queue);
}

QueueLease::~QueueLease() {
  library().wait(queue_);  // what it may say has been said by the call that failed
  memory_->give_back(queue_);
}

void QueueLease::wait() const {
  check(library().wait(queue_));
}

DeviceBuffer::DeviceBuffer(const QueueLease& lease, size_t bytes) : lease_(&lease) {
  void* memory = nullptr;
  if (const char* complaint = lease.library().allocate(lease.queue(), bytes, &memory)) {
    throw EngineError(DSOCR_OUT_OF_MEMORY, "No memory on cuda:" + std::to_string(lease.memory()->device()) + " for " +
                                               std::to_string(bytes) + " bytes of a picture (CUDA reports: " +
                                               complaint + "): use a smaller resolution or batch size.");
  }
  data_ = static_cast<uint8_t*>(memory);
}

DeviceBuffer::DeviceBuffer(DeviceBuffer&& other) noexcept
    : lease_(other.lease_), data_(std::exchange(other.data_, nullptr)) {}

DeviceBuffer& DeviceBuffer::operator=(DeviceBuffer&& other) noexcept {
  std::swap(lease_, other.lease_);
  std::swap(data_, other.data_);
  return *this;
}

DeviceBuffer::~DeviceBuffer() {
  if (data_ != nullptr) lease_->library().free(lease_->queue(), data_);
}

uint8_t* DeviceBuffer::release() {
  return std::exchange(data_, nullptr);
}

void free_released(const std::shared_ptr<PictureMemory>& memory, uint8_t* data) noexcept {
  try {
    const QueueLease lease(memory);
    memory->library().free(lease.queue(), data);
  } catch (...) {
    // A device that gives no stream any more has lost its memory with it.
  }
}

}  // namespace deepseekocr::cuda
