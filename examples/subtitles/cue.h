// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace subtitles {

/// One subtitle: when it stands on the screen, in nanoseconds of stream time, and what it says.
struct Cue {
  uint64_t start = 0, end = 0;
  std::string text;
  bool confirmed = true; /**< false: no two frames read the same, or only one was read */
};

using Cues = std::vector<Cue>;

/// Subtitle files know milliseconds: starts are rounded down and ends up, so that no frame of a cue is left out, but
/// never into the next cue.
Cues to_milliseconds(Cues cues);

}  // namespace subtitles
