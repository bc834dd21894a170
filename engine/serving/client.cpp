// SPDX-License-Identifier: MIT
#include "serving/client.h"

namespace deepseekocr {

void Client::count_outcome(DsocrFinishReason reason, const DsocrTimings& request_timings, LoopKind loop) {
  if (reason == DSOCR_FINISH_CANCELLED) {
    ++cancelled;
  } else if (reason == DSOCR_FINISH_ERROR) {
    ++failed;
  } else {
    ++finished;
    timings.add(request_timings);
  }
  if (loop == LoopKind::period) ++period_loops;
  if (loop == LoopKind::advancing) ++advancing_loops;
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
  stats.period_loops = period_loops;
  stats.advancing_loops = advancing_loops;
  stats.ngram_bans = ngram_bans;
  stats.draft_tokens = draft_tokens;
  stats.draft_accepted = draft_accepted;
  const double seconds = std::chrono::duration<double>(step_time).count();
  stats.tokens_per_second = seconds > 0 ? static_cast<double>(step_tokens) / seconds : 0.0;
  return stats;
}

void add_percentiles(const TimingWindow& timings, DsocrStats& stats) {
  stats.queued = timings.percentiles(&DsocrTimings::queued);
  stats.preprocess = timings.percentiles(&DsocrTimings::preprocess);
  stats.vision = timings.percentiles(&DsocrTimings::vision);
  stats.prefill = timings.percentiles(&DsocrTimings::prefill);
  stats.decode = timings.percentiles(&DsocrTimings::decode);
  stats.total = timings.percentiles(&DsocrTimings::total);
}

}  // namespace deepseekocr
