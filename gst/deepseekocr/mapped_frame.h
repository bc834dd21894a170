// SPDX-License-Identifier: MIT
// A frame as the engine takes pictures.
#pragma once

#include <memory>
#include <optional>

#include "deepseekocr/engine_client.h"
#include "deepseekocr/frame_access.h"

namespace deepseekocr::plugin {

/// Keeps a frame mapped as long as it lives.
class MappedFrame final : public Picture {
 public:
  /// @return NULL: the frame's memory cannot be read
  static std::unique_ptr<MappedFrame> map(GstBuffer* buffer, const FrameAccess& access);
  MappedFrame() = default;
  ~MappedFrame() override;
  MappedFrame(const MappedFrame&) = delete;
  MappedFrame& operator=(const MappedFrame&) = delete;

  void describe(DsocrImage* image) const override;
  DsocrMemory memory() const override { return memory_; }

 private:
  GstVideoFrame frame_{};
  DsocrMemory memory_ = DSOCR_MEMORY_HOST;
  bool mapped_ = false;
};

/// Pixel format of the engine boundary; nothing for a format that the templates do not offer.
std::optional<DsocrPixelFormat> engine_format(GstVideoFormat format);

}  // namespace deepseekocr::plugin
