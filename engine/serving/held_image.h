// SPDX-License-Identifier: MIT
// The pixels of a request from submit() until they have been converted: borrowed from the caller, or copied.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "image/image.h"

namespace deepseekocr {

/// The duty to call image.release, exactly once.  Not to be given up under a lock: `release` is the caller's code.
class PixelRelease {
 public:
  explicit PixelRelease(const DsocrImage& image) : release_(image.release), data_(image.release_data) {}
  PixelRelease(PixelRelease&& other) noexcept : release_(std::exchange(other.release_, nullptr)), data_(other.data_) {}
  PixelRelease& operator=(PixelRelease&&) = delete;
  ~PixelRelease() { reset(); }

  /// Whether pixels are borrowed: without a release they belong to the caller, who gets them back after submit().
  bool borrowed() const { return release_ != nullptr; }
  void reset() noexcept {
    if (auto* release = std::exchange(release_, nullptr)) release(data_);
  }

 private:
  void (*release_)(void*);
  void* data_;
};

/// Owns what keeps a picture readable.  Borrowed pixels are given back by reset() or the destructor; others are copied,
/// no more than the area and the chroma samples around it.  Not thread-safe.
class HeldImage {
 public:
  /// @param memory  where the planes lie; those in CUDA memory are borrowed, never copied
  /// @throws ArgumentError naming the value that is wrong, std::bad_alloc
  HeldImage(const DsocrImage& image, DsocrMemory memory, PixelRelease&& release);

  /// The picture to convert; its `area` is relative to the pixels that are held.  Valid until reset().
  const DsocrImage& image() const { return image_; }
  DsocrMemory memory() const { return memory_; }

  /// Size of the caller's whole picture and the part of it that is read; remain valid after reset().
  int picture_width() const { return picture_width_; }
  int picture_height() const { return picture_height_; }
  const Rect& area() const { return area_; }

  /// Gives borrowed pixels back, or frees the copy.
  void reset() noexcept;

 private:
  void copy_pixels();

  DsocrImage image_;
  DsocrMemory memory_;
  PixelRelease release_;
  int picture_width_ = 0;
  int picture_height_ = 0;
  Rect area_;
  std::vector<uint8_t> copy_;
};

}  // namespace deepseekocr
