// SPDX-License-Identifier: MIT
// From a video file to its cues.
#pragma once

#include <cstdint>
#include <functional>

#include "cue.h"
#include "options.h"

namespace subtitles {

/// What a reading of a file gave.
struct Outcome {
  Cues cues;
  uint64_t frames = 0;   /**< that came */
  uint64_t readings = 0; /**< that the model made */
  uint64_t rereads = 0;  /**< further readings of a cue, to confirm it or to vote on its letters */
  uint64_t phantoms = 0; /**< cues taken out because they are signs that no second frame confirms */
  uint64_t length = 0;   /**< nanoseconds of video */
  double seconds = 0;    /**< that it took */
};

/// Told now and then: nanoseconds of stream time reached, and those of the end (0: not known).
using Progress = std::function<void(uint64_t position, uint64_t end)>;

/// Reads the cues of `options.input`.
/// @throws std::runtime_error in one sentence.
Outcome read_cues(const Options& options, const Progress& progress);

}  // namespace subtitles
