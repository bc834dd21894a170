// SPDX-License-Identifier: MIT
// The `stats` property.
#include "deepseekocr/element.h"

namespace deepseekocr::plugin {
namespace {

void set_uint64(GstStructure* stats, const char* name, uint64_t value) {
  gst_structure_set(stats, name, G_TYPE_UINT64, value, nullptr);
}

void add_counters(GstStructure* stats, const Counters& counters) {
  set_uint64(stats, "frames-in", counters.frames_in);
  set_uint64(stats, "frames-out", counters.frames_out);
  set_uint64(stats, "skipped-interval", counters.skipped_interval);
  set_uint64(stats, "skipped-rate", counters.skipped_rate);
  set_uint64(stats, "skipped-blank", counters.skipped_blank);
  set_uint64(stats, "skipped-unchanged", counters.skipped_unchanged);
  set_uint64(stats, "admitted", counters.admitted);
  set_uint64(stats, "dropped", counters.dropped);
  set_uint64(stats, "text-dropped", counters.text_dropped);
  set_uint64(stats, "overdue", counters.overdue);
  set_uint64(stats, "tokens", counters.tokens);
  for (int reason = DSOCR_FINISH_STOP; reason <= DSOCR_FINISH_ERROR; ++reason) {
    const auto finish = static_cast<DsocrFinishReason>(reason);
    set_uint64(stats, (std::string("finish-") + finish_reason_name(finish)).c_str(), counters.by_reason[reason]);
  }
  const uint64_t usable = counters.readings();
  set_uint64(stats, "readings", usable);
  set_uint64(stats, "latency-last", counters.last_latency);
  set_uint64(stats, "latency-mean", usable > 0 ? counters.sum_latency / usable : 0);
  set_uint64(stats, "latency-max", counters.max_latency);
}

}  // namespace

GstStructure* make_stats(GstDeepseekOcr* self) {
  const auto session = session_of(self);
  const auto client = client_of(self);
  const auto snapshot = session != nullptr ? session->snapshot() : Session::Snapshot{};
  GstStructure* stats = gst_structure_new_empty("application/x-deepseekocr-stats");
  add_counters(stats, snapshot.counters);
  gst_structure_set(stats, "in-flight", G_TYPE_UINT, static_cast<guint>(snapshot.in_flight), "held-frames", G_TYPE_UINT,
                    static_cast<guint>(snapshot.held_frames), "queued-texts", G_TYPE_UINT,
                    static_cast<guint>(snapshot.queued_texts), nullptr);
  set_uint64(stats, "held-bytes", snapshot.held_bytes);
  const DsocrStats engine = client != nullptr ? client->stats() : DsocrStats{};
  set_uint64(stats, "engine-steps", engine.steps);
  gst_structure_set(stats, "mean-batch", G_TYPE_DOUBLE, engine.mean_batch, "engine-waiting", G_TYPE_UINT,
                    engine.waiting, "engine-running", G_TYPE_UINT, engine.running, nullptr);
  return stats;
}

}  // namespace deepseekocr::plugin
