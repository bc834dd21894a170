// SPDX-License-Identifier: MIT
// The brightness of a GStreamer frame, for the gate.
#pragma once

#include <deepseekocr/engine.h>
#include <gst/video/video.h>

#include "deepseekocr/gate/luma_view.h"

namespace deepseekocr::plugin {

/// Keeps a frame mapped as long as it lives.
class MappedLuma {
 public:
  MappedLuma(GstBuffer* buffer, const GstVideoInfo& info);
  ~MappedLuma();
  MappedLuma(const MappedLuma&) = delete;
  MappedLuma& operator=(const MappedLuma&) = delete;

  /// Whether the memory could be read and the format is one that the element takes.
  bool is_valid() const { return mapped_ && known_; }

  /// The pixels of `part`, which must lie inside the frame.
  LumaView view(const DsocrRect& part) const;

 private:
  GstVideoFrame frame_{};
  LumaLayout layout_ = LumaLayout::kPlane;
  bool mapped_ = false, known_ = false;
};

}  // namespace deepseekocr::plugin
