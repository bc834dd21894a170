// SPDX-License-Identifier: MIT
// A picture of one byte a pixel that the gate makes for itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "deepseekocr/gate/kernels/kernels.h"

namespace deepseekocr::plugin {

/// Rows begin kMargin bytes into their storage.  They are made up to whole blocks of kBlock bytes, and end kMargin
/// before the storage of the next: a loop over blocks may look kMargin pixels past either side.
class Plane {
 public:
  static constexpr int32_t kMargin = 16;

  /// Keeps its memory where the size is the same.  The pixels are not set.
  void resize(int32_t width, int32_t height) {
    width_ = width;
    height_ = height;
    stride_ = ptrdiff_t{blocks()} * kBlock + 2 * kMargin;
    bytes_.resize(static_cast<size_t>(stride_) * height);
  }

  uint8_t* row(int32_t y) { return bytes_.data() + static_cast<ptrdiff_t>(y) * stride_ + kMargin; }
  const uint8_t* row(int32_t y) const { return bytes_.data() + static_cast<ptrdiff_t>(y) * stride_ + kMargin; }
  int32_t width() const { return width_; }
  int32_t height() const { return height_; }
  ptrdiff_t stride() const { return stride_; }
  int32_t blocks() const { return (width_ + kBlock - 1) / kBlock; }
  Patch patch(int32_t x, int32_t y) const { return {row(y) + x, stride_}; }
  bool same_size(const Plane& other) const { return width_ == other.width_ && height_ == other.height_; }

 private:
  int32_t width_ = 0, height_ = 0;
  ptrdiff_t stride_ = 0;
  std::vector<uint8_t> bytes_;
};

}  // namespace deepseekocr::plugin
