// SPDX-License-Identifier: MIT
#include "serving/client.h"

namespace deepseekocr {

void Client::count_outcome(DsocrFinishReason reason) {
  if (reason == DSOCR_FINISH_CANCELLED) {
    ++cancelled;
  } else if (reason == DSOCR_FINISH_ERROR) {
    ++failed;
  } else {
    ++finished;
  }
}

DsocrStats Client::stats() const {
  DsocrStats stats{};
  stats.struct_size = sizeof stats;
  stats.submitted = submitted;
  stats.finished = finished;
  stats.cancelled = cancelled;
  stats.failed = failed;
  stats.tokens = tokens;
  stats.steps = steps;
  stats.mean_batch = steps == 0 ? 0.0 : static_cast<double>(step_sequences) / static_cast<double>(steps);
  stats.waiting = static_cast<uint32_t>(waiting);
  stats.running = static_cast<uint32_t>(running);
  return stats;
}

}  // namespace deepseekocr
