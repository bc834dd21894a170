// SPDX-License-Identifier: MIT
//
// Draws a reading with cairo and Pango into pictures that can be blended over a frame.
#ifndef DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYDRAWING_H
#define DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYDRAWING_H

#include <gst/video/video.h>

#include <array>
#include <cstdint>
#include <string>

#include "ocroverlay/overlayreading.h"

namespace ocroverlay {

enum class TextPosition { kBottom, kTop };

// How things look.  Colours are 0xAARRGGBB.
struct Style {
  bool draw_boxes = true;
  bool draw_labels = true;
  bool draw_text = true;
  TextPosition text_position = TextPosition::kBottom;
  std::string font;         // a Pango font description; empty: bold sans; without a size: a size that fits the frame
  unsigned line_width = 0;  // pixels; 0: one that fits the frame
  uint32_t text_color = 0xFFFFFFFF;
  uint32_t background_color = 0xC0000000;
  std::array<uint32_t, kKindCount> box_colors = {0xFF2ECC71, 0xFFE67E22, 0xFF3498DB, 0xFF9B59B6, 0xFF95A5A6};

  bool operator==(const Style&) const = default;
};

// Returns: (transfer full) (nullable): what to blend over a frame of this size; NULL where there is nothing to draw.
// The boxes are scaled from the size that the reading names to the frame's.  Uses the memory of at most one frame of
// 32-bit pixels for the boxes and half of one for the text.
GstVideoOverlayComposition* draw_reading(const Reading& reading, const Style& style, int frame_width, int frame_height);

}  // namespace ocroverlay

#endif  // DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYDRAWING_H
