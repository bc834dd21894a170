// SPDX-License-Identifier: MIT
// The command line.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace subtitles {

struct Options {
  std::string input;
  std::vector<std::string> outputs; /**< .srt, .vtt, .mkv, .mp4, .m4v or .mov; at least one */
  std::string area;                 /**< as the element takes it; empty: the whole frame */
  std::optional<uint64_t> from, to; /**< nanoseconds of stream time */
  std::string language;             /**< ISO 639 code of a subtitle track; empty: not said */
  std::string model, prompt;        /**< empty: the element's defaults */
  int confirm_reads = 2;
  int vote_reads = 5;
  bool keep_phantoms = false; /**< see phantom.h */
  bool quiet = false;
};

/// Reads the command line.
/// @return nothing where the program is to end: `*exit_status` is 0 after --help, else one sentence went to stderr.
std::optional<Options> parse_options(int* argc, char*** argv, int* exit_status);

/// `[[hours:]minutes:]seconds[.fraction]` in nanoseconds; nothing if `text` is none.
std::optional<uint64_t> parse_time(const std::string& text);

/// A preset's name, or x,y,width,height as it is; nothing if `text` is neither.
std::optional<std::string> parse_area(const std::string& text);

/// The ending of a file name in lower case, without its dot.
std::string ending(const std::string& path);

}  // namespace subtitles
