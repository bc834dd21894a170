// SPDX-License-Identifier: MIT
//
// What ocroverlay shows of a GstDeepseekOcrMeta: checked, bounded and cleaned, because models write anything.
#ifndef DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYREADING_H
#define DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYREADING_H

#include <gst/gst.h>

#include <string>
#include <vector>

namespace ocroverlay {

enum class Kind { kText, kTitle, kTable, kImage, kOther };
constexpr int kKindCount = 5;

// Longest text that is shown, in bytes and lines, and most boxes.  Laying out more takes long and nobody can read it.
constexpr size_t kMaxTextBytes = 4000;
constexpr int kMaxLines = 60;
constexpr size_t kMaxLabelBytes = 200;
constexpr guint kMaxBoxes = 500;

// A region, in pixels of the frame that the reading refers to.
struct Box {
  Kind kind = Kind::kOther;
  std::string label;  // one line
  std::string text;   // one line
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  bool operator==(const Box&) const = default;
};

struct Reading {
  std::string text;  // valid UTF-8 without control characters other than newlines
  int width = 0;     // of the frame that the boxes refer to; 0: of the frame at hand
  int height = 0;
  std::vector<Box> boxes;

  bool operator==(const Reading&) const = default;
  bool empty() const { return text.empty() && boxes.empty(); }
};

// Fields that are missing, of another type or out of range are left at their defaults.
Reading parse_reading(const GstStructure* structure);

// Nick of a kind: "text", "title", "table", "image", "other".
const char* kind_name(Kind kind);

// At most `max_bytes` of `text` as valid UTF-8, with control characters as blanks; newlines stay if `keep_newlines`.
// What was cut off shows as an ellipsis.
std::string clean_text(const char* text, size_t max_bytes, bool keep_newlines);

}  // namespace ocroverlay

#endif  // DEEPSEEKOCR_GST_OCROVERLAY_OVERLAYREADING_H
