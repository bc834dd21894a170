// SPDX-License-Identifier: MIT
// The `stats` property, and the messages that carry it.
#include <system_error>

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
  set_uint64(stats, "host-copies", counters.host_copies);
  set_uint64(stats, "groups", counters.groups);
  set_uint64(stats, "rereads", counters.rereads);
  set_uint64(stats, "disagreed", counters.disagreed);
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

void set_percentiles(GstStructure* stats, const char* name, const DsocrPercentiles& percentiles) {
  set_uint64(stats, (std::string(name) + "-p50").c_str(), percentiles.p50);
  set_uint64(stats, (std::string(name) + "-p95").c_str(), percentiles.p95);
}

/// What the engine knows of this element's requests.
void add_engine_stats(GstStructure* stats, const DsocrStats& engine) {
  set_uint64(stats, "engine-steps", engine.steps);
  gst_structure_set(stats, "mean-batch", G_TYPE_DOUBLE, engine.mean_batch, "engine-waiting", G_TYPE_UINT,
                    engine.waiting, "engine-running", G_TYPE_UINT, engine.running, "tokens-per-second", G_TYPE_DOUBLE,
                    engine.tokens_per_second, "model-loaded", G_TYPE_BOOLEAN, engine.model_loaded != 0, nullptr);
  set_uint64(stats, "model-loads", engine.model_loads);
  set_uint64(stats, "loops-period", engine.period_loops);
  set_uint64(stats, "loops-advancing", engine.advancing_loops);
  set_uint64(stats, "ngram-bans", engine.ngram_bans);
  set_uint64(stats, "draft-tokens", engine.draft_tokens);
  set_uint64(stats, "draft-accepted", engine.draft_accepted);
  set_percentiles(stats, "queue", engine.queued);
  set_percentiles(stats, "preprocess", engine.preprocess);
  set_percentiles(stats, "vision", engine.vision);
  set_percentiles(stats, "prefill", engine.prefill);
  set_percentiles(stats, "decode", engine.decode);
  set_percentiles(stats, "total", engine.total);
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
  add_engine_stats(stats, client != nullptr ? client->stats() : DsocrStats{});
  return stats;
}

void start_stats_messages(GstDeepseekOcr* self) {
  const std::chrono::milliseconds interval(copy_settings(self).stats_interval_ms);
  if (interval.count() == 0) return;
  try {
    self->impl->stats_thread.start(interval, [self] {
      gst_element_post_message(GST_ELEMENT(self), gst_message_new_element(GST_OBJECT(self), make_stats(self)));
    });
  } catch (const std::system_error& error) {
    GST_ELEMENT_WARNING(self, RESOURCE, FAILED,
                        ("The system gave no thread for stats-interval (%s): end other programs.", error.what()),
                        (nullptr));
  }
}

void stop_stats_messages(GstDeepseekOcr* self) {
  self->impl->stats_thread.stop();
}

}  // namespace deepseekocr::plugin
