// SPDX-License-Identifier: MIT
// A reading as text that downstream can use: plain, markdown, subtitle, JSON, raw.  No GStreamer here.
#pragma once

#include <string>
#include <string_view>

#include "deepseekocr/reading.h"
#include "deepseekocr/settings.h"

namespace deepseekocr::plugin {

/// Stream times in nanoseconds.
struct TextSpan {
  uint64_t start = kNoTime, end = kNoTime;
};

/// "plain", "markdown", "subtitle", "json", "raw".
const char* text_format_name(TextFormat format);

/// The text of `reading` in `format`, without terminator.  kJson gives the plain text: the object is json_line()'s.
std::string format_text(const Reading& reading, TextFormat format);

/// Drops empty lines, trailing blanks and control characters (tabs become blanks).
std::string plain_text(std::string_view text);

/// Cue-safe: plain_text(), lines wrapped at blanks after `columns` characters, "-->" replaced, and `<` that could open
/// a tag replaced by a look-alike, because subtitle readers swallow tags.
std::string subtitle_text(std::string_view text, size_t columns = 42);

/// For WebVTT, where `&`, `<` and `>` have a meaning.
std::string escape_webvtt(std::string_view text);

/// One JSON object on one line, without terminator; fields as in docs/elements/deepseekocr.md.  A reading of regions of
/// interest is a line for each.
/// @param span  stream times between which the text is shown; those of the frame where they are unknown.
std::string json_line(const FrameInfo& frame, const Reading& reading, bool changed, TextSpan span = {});

}  // namespace deepseekocr::plugin
