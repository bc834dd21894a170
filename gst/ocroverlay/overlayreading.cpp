// SPDX-License-Identifier: MIT
#include "ocroverlay/overlayreading.h"

#include <algorithm>
#include <cstring>

#include "meta/gstdeepseekocrmeta.h"

namespace ocroverlay {
namespace {

constexpr const char* kKindNames[kKindCount] = {"text", "title", "table", "image", "other"};
constexpr const char* kEllipsis = "\u2026";

Kind parse_kind(const char* name) {
  for (int i = 0; i < kKindCount; ++i) {
    if (g_strcmp0(name, kKindNames[i]) == 0) return static_cast<Kind>(i);
  }
  return Kind::kOther;
}

std::string string_field(const GstStructure* structure, const char* field, size_t max_bytes, bool keep_newlines) {
  return clean_text(gst_structure_get_string(structure, field), max_bytes, keep_newlines);
}

// Negative sizes become 0.
int size_field(const GstStructure* structure, const char* field) {
  int value = 0;
  gst_structure_get_int(structure, field, &value);
  return std::max(0, value);
}

Box parse_box(const GstStructure* region) {
  Box box;
  box.kind = parse_kind(gst_structure_get_string(region, GST_DEEPSEEK_OCR_REGION_KIND));
  box.label = string_field(region, GST_DEEPSEEK_OCR_REGION_LABEL, kMaxLabelBytes, false);
  box.text = string_field(region, GST_DEEPSEEK_OCR_REGION_TEXT, kMaxLabelBytes, false);
  gst_structure_get_int(region, GST_DEEPSEEK_OCR_REGION_X, &box.x);
  gst_structure_get_int(region, GST_DEEPSEEK_OCR_REGION_Y, &box.y);
  box.width = size_field(region, GST_DEEPSEEK_OCR_REGION_WIDTH);
  box.height = size_field(region, GST_DEEPSEEK_OCR_REGION_HEIGHT);
  return box;
}

// Keeps the first `max_lines` lines.
void cut_lines(std::string* text, int max_lines) {
  size_t end = 0;
  for (int line = 0; line < max_lines; ++line) {
    end = text->find('\n', end);
    if (end == std::string::npos) return;
    ++end;
  }
  text->resize(end);
  *text += kEllipsis;
}

}  // namespace

const char* kind_name(Kind kind) {
  return kKindNames[static_cast<int>(kind)];
}

std::string clean_text(const char* text, size_t max_bytes, bool keep_newlines) {
  if (text == nullptr) return std::string();
  const size_t length = strnlen(text, max_bytes + 1);
  size_t kept = std::min(length, max_bytes);
  if (length > max_bytes) {
    while (kept > 0 && (static_cast<unsigned char>(text[kept]) & 0xC0) == 0x80) --kept;  // not inside a character
  }
  g_autofree char* valid = g_utf8_make_valid(text, static_cast<gssize>(kept));
  std::string clean;
  for (const char* p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
    const gunichar character = g_utf8_get_char(p);
    const bool shown = !g_unichar_iscntrl(character) || (keep_newlines && character == '\n');
    if (shown) {
      clean.append(p, static_cast<size_t>(g_utf8_next_char(p) - p));
    } else {
      clean += ' ';
    }
  }
  while (!clean.empty() && (clean.back() == '\n' || clean.back() == ' ')) clean.pop_back();
  if (length > max_bytes) clean += kEllipsis;
  return clean;
}

Reading parse_reading(const GstStructure* structure) {
  Reading reading;
  reading.text = string_field(structure, GST_DEEPSEEK_OCR_META_TEXT, kMaxTextBytes, true);
  cut_lines(&reading.text, kMaxLines);
  reading.width = size_field(structure, GST_DEEPSEEK_OCR_META_WIDTH);
  reading.height = size_field(structure, GST_DEEPSEEK_OCR_META_HEIGHT);
  const GValue* regions = gst_structure_get_value(structure, GST_DEEPSEEK_OCR_META_REGIONS);
  if (regions == nullptr || !GST_VALUE_HOLDS_ARRAY(regions)) return reading;
  const guint count = std::min(gst_value_array_get_size(regions), kMaxBoxes);
  for (guint i = 0; i < count; ++i) {
    const GValue* region = gst_value_array_get_value(regions, i);
    if (GST_VALUE_HOLDS_STRUCTURE(region)) reading.boxes.push_back(parse_box(gst_value_get_structure(region)));
  }
  return reading;
}

}  // namespace ocroverlay
