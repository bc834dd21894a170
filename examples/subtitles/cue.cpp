// SPDX-License-Identifier: MIT
#include "cue.h"

#include <algorithm>

namespace subtitles {

Cues to_milliseconds(Cues cues) {
  constexpr uint64_t kMillisecond = 1'000'000;
  for (Cue& cue : cues) {
    cue.start = cue.start / kMillisecond * kMillisecond;
    cue.end = (cue.end + kMillisecond - 1) / kMillisecond * kMillisecond;
  }
  for (size_t i = 0; i + 1 < cues.size(); ++i) {
    if (cues[i + 1].start > cues[i].start) cues[i].end = std::min(cues[i].end, cues[i + 1].start);
  }
  return cues;
}

}  // namespace subtitles
