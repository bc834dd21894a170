// SPDX-License-Identifier: MIT
// What the user sees.
#pragma once

#include <string>

#include "options.h"
#include "reader.h"

namespace subtitles {

/// A bar on stderr, only where that is a terminal.
class ProgressBar {
 public:
  explicit ProgressBar(bool quiet);
  void show(uint64_t position, uint64_t end);
  /// Leaves the line.
  void finish();

 private:
  bool visible_, drawn_ = false;
};

/// The summary: cues, readings, times real time, and the cues that want a look.
std::string summary(const Outcome& outcome);

}  // namespace subtitles
