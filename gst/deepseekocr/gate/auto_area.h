// SPDX-License-Identifier: MIT
// area=auto: the part of the frame that is worth the model's pixels.  No GStreamer here.
#pragma once

#include <deepseekocr/engine.h>

#include <optional>

namespace deepseekocr::plugin {

/// Follows the rectangle around the text-like detail.  It is padded, and kept from frame to frame as long as it serves,
/// so that detail that comes and goes at the edges does not change what the model sees.  Not thread-safe.
class AutoArea {
 public:
  void reset() { area_.reset(); }

  /// @param detail  of one frame, empty where there is none; pixels of the frame
  /// @return the part to read; nothing: the whole frame, because there is no detail or because it takes most of it
  std::optional<DsocrRect> follow(const DsocrRect& detail, int32_t frame_width, int32_t frame_height);

 private:
  std::optional<DsocrRect> area_;
};

}  // namespace deepseekocr::plugin
