// SPDX-License-Identifier: MIT
#include "deepseekocr/text_format.h"

namespace deepseekocr::plugin {
namespace {

constexpr std::string_view kArrow = "\xE2\x86\x92";      // U+2192
constexpr std::string_view kLeftAngle = "\xE2\x80\xB9";  // U+2039

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool opens_tag(std::string_view rest) {
  if (rest.size() < 2) return false;
  const char next = rest[1];
  return next == '/' || next == '!' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z');
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

/// Appends `line` to `out`, broken at blanks so that no piece has more than `columns` characters where possible.
void append_wrapped(std::string& out, std::string_view line, size_t columns) {
  size_t used = 0;
  while (!line.empty()) {
    const auto blank = line.find(' ');
    const auto word = line.substr(0, blank);
    size_t length = 0;
    for (const char c : word) length += !is_continuation(c);
    if (used != 0) {
      const bool fits = used + 1 + length <= columns;
      out += fits ? ' ' : '\n';
      used = fits ? used + 1 : 0;
    }
    out += word;
    used += length;
    line.remove_prefix(blank == std::string_view::npos ? line.size() : blank + 1);
  }
}

}  // namespace

const char* text_format_name(TextFormat format) {
  switch (format) {
    case TextFormat::kPlain:
      return "plain";
    case TextFormat::kMarkdown:
      return "markdown";
    case TextFormat::kSubtitle:
      return "subtitle";
    case TextFormat::kJson:
      return "json";
    case TextFormat::kRaw:
      break;
  }
  return "raw";
}

std::string format_text(const Reading& reading, TextFormat format) {
  switch (format) {
    case TextFormat::kMarkdown:
      return reading.markdown;
    case TextFormat::kRaw:
      return reading.raw;
    case TextFormat::kSubtitle:
      return subtitle_text(reading.plain);
    case TextFormat::kPlain:
    case TextFormat::kJson:
      break;
  }
  return plain_text(reading.plain);
}

std::string plain_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto newline = text.find('\n');
    const auto line = text.substr(0, newline);
    const size_t start = out.size();
    if (start != 0) out += '\n';
    for (const char c : line) {
      if (c == '\t') {
        out += ' ';
      } else if (!is_control(c)) {
        out += c;
      }
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    if (out.size() == start + (start != 0 ? 1 : 0)) out.resize(start);
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
  }
  return out;
}

std::string subtitle_text(std::string_view text, size_t columns) {
  std::string clean = plain_text(text);
  replace_all(clean, "-->", kArrow);
  std::string safe;
  safe.reserve(clean.size());
  for (size_t i = 0; i < clean.size(); ++i) {
    if (clean[i] == '<' && opens_tag(std::string_view(clean).substr(i)))
      safe += kLeftAngle;
    else
      safe += clean[i];
  }
  std::string out;
  for (std::string_view rest = safe; !rest.empty();) {
    const auto newline = rest.find('\n');
    if (!out.empty()) out += '\n';
    append_wrapped(out, rest.substr(0, newline), columns);
    rest.remove_prefix(newline == std::string_view::npos ? rest.size() : newline + 1);
  }
  return out;
}

std::string escape_webvtt(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace deepseekocr::plugin
