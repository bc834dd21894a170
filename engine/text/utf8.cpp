// SPDX-License-Identifier: MIT
#include "text/utf8.h"

#include <cstdint>

namespace deepseekocr {

namespace {

/// Total length that a lead byte asks for, and the range of the byte behind it.
struct Lead {
  size_t length = 0;  // 0: no lead byte
  uint8_t lowest = 0x80;
  uint8_t highest = 0xBF;
};

Lead classify_lead(uint8_t byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {0};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0};        // shorter forms exist
  if (byte == 0xED) return {3, 0x80, 0x9F};  // surrogates
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90};
  if (byte < 0xF4) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};  // beyond U+10FFFF
  return {0};
}

uint32_t code_point(std::string_view character) {
  const auto lead = static_cast<uint8_t>(character[0]);
  if (character.size() == 1) return lead;
  uint32_t value = lead & (0xFFU >> (character.size() + 1));
  for (const char byte : character.substr(1)) value = value << 6 | (static_cast<uint8_t>(byte) & 0x3FU);
  return value;
}

bool is_white_space(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/// Start of the last character; the last byte itself where the end is not UTF-8.
size_t last_character(std::string_view text) {
  size_t start = text.size() - 1;
  while (start > 0 && text.size() - start < 4 && (static_cast<uint8_t>(text[start]) & 0xC0) == 0x80) --start;
  const Utf8Sequence sequence = first_utf8_sequence(text.substr(start));
  return sequence.kind == Utf8Sequence::complete && start + sequence.length == text.size() ? start : text.size() - 1;
}

bool is_white_space_at(std::string_view text, size_t start, size_t length) {
  return is_white_space(code_point(text.substr(start, length)));
}

}  // namespace

Utf8Sequence first_utf8_sequence(std::string_view text) {
  const Lead lead = classify_lead(static_cast<uint8_t>(text[0]));
  if (lead.length == 0) return {Utf8Sequence::broken, 1};
  for (size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8Sequence::incomplete, i};
    const auto byte = static_cast<uint8_t>(text[i]);
    const uint8_t lowest = i == 1 ? lead.lowest : 0x80;
    const uint8_t highest = i == 1 ? lead.highest : 0xBF;
    if (byte < lowest || byte > highest) return {Utf8Sequence::broken, i};
  }
  return {Utf8Sequence::complete, lead.length};
}

size_t valid_utf8_prefix(std::string_view text) {
  size_t length = 0;
  while (length < text.size()) {
    const Utf8Sequence sequence = first_utf8_sequence(text.substr(length));
    if (sequence.kind != Utf8Sequence::complete) break;
    length += sequence.length;
  }
  return length;
}

std::string_view utf8_prefix(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<uint8_t>(text[limit]) & 0xC0) == 0x80) --limit;
  return text.substr(0, limit);
}

std::string_view strip_white_space(std::string_view text) {
  while (!text.empty()) {
    const Utf8Sequence first = first_utf8_sequence(text);
    if (first.kind != Utf8Sequence::complete || !is_white_space_at(text, 0, first.length)) break;
    text.remove_prefix(first.length);
  }
  while (!text.empty()) {
    const size_t start = last_character(text);
    if (static_cast<uint8_t>(text[start]) >= 0x80 && text.size() - start == 1) break;  // not UTF-8
    if (!is_white_space_at(text, start, text.size() - start)) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

}  // namespace deepseekocr
