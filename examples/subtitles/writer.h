// SPDX-License-Identifier: MIT
// From cues to a subtitle file, or to a copy of a video with a subtitle track.
#pragma once

#include <string>

#include "cue.h"
#include "options.h"

namespace subtitles {

/// Writes `output` by its ending.  The streams of the video are copied, not encoded anew.
/// @throws std::runtime_error in one sentence.
void write_cues(const Cues& cues, const Options& options, const std::string& output);

/// `text` as WebVTT spells it.
std::string escape_webvtt(const std::string& text);

}  // namespace subtitles
