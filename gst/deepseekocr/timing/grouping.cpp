// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/grouping.h"

#include <utility>

#include "deepseekocr/requests.h"

namespace deepseekocr::plugin {
namespace {

Candidate candidate_of(GstDeepseekOcr* self, const GroupFrame& frame) {
  SinkState& sink = self->impl->sink;
  return {frame.info, sink.pool_check.buffer_to_keep(frame.buffer), sink.access, frame.area};
}

/// Reads the open group once what is held for it takes half of what may be held.
bool read_if_due(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, const GroupFrame& frame) {
  if (!session->is_group_due(gst_buffer_get_size(frame.buffer))) return true;
  if (!session->wait_to_admit()) return false;
  read_group(self, session);
  return true;
}

/// What to read of the open group is decided.  @return false: stopped
bool settle_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session) {
  if (session->open_group() == nullptr) return true;
  if (!session->wait_to_admit()) return false;
  read_group(self, session);
  return true;
}

}  // namespace

bool makes_groups(GstDeepseekOcr* self, const TimingSettings& timing, bool live, bool exact) {
  const bool wanted = timing.text_timing == TextTiming::kGroup || (timing.text_timing == TextTiming::kAuto && !live);
  if (!wanted || exact || live) return wanted;
  return find_text_downstream(self->text_pad).consumer != TextConsumer::kJoin;
}

void read_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session) {
  const auto client = client_of(self);
  if (client == nullptr) return;
  uint64_t stale = 0;
  auto due = session->decide_group(&stale);
  hand_over(session, client, std::move(due), stale, !session->takes_newest());
}

bool end_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session) {
  if (!settle_group(self, session)) return false;
  session->close_group();
  return true;
}

SlotPtr begin_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, const GroupFrame& frame) {
  if (!settle_group(self, session)) return nullptr;
  auto slot = std::make_shared<Slot>();
  slot->frame = frame.info;
  slot->settings = frame.settings;
  session->begin_group(slot, candidate_of(self, frame), frame.since);
  return read_if_due(self, session, frame) ? slot : nullptr;
}

SlotPtr extend_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, const GroupFrame& frame,
                     bool looked_at) {
  const SlotPtr slot = session->open_group();
  if (slot == nullptr) return nullptr;
  std::optional<Candidate> candidate;
  if (looked_at && session->wants_candidate()) candidate = candidate_of(self, frame);
  session->extend_group(frame.info.stream_time, frame.info.end(), std::move(candidate));
  return read_if_due(self, session, frame) ? slot : nullptr;
}

}  // namespace deepseekocr::plugin
