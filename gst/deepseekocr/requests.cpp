// SPDX-License-Identifier: MIT
#include "deepseekocr/requests.h"

#include <cstdio>
#include <utility>

#include "deepseekocr/gate/region_requests.h"
#include "deepseekocr/gate/regions_of_interest.h"
#include "deepseekocr/mapped_frame.h"

namespace deepseekocr::plugin {
namespace {

/// The regions of a frame whose settings ask for them.
std::vector<RegionOfInterest> regions_of(const Submission& submission) {
  const Settings& settings = *submission.slot->settings;
  if (settings.inference_region != InferenceRegion::kRoiList) return {};
  return regions_of_interest(submission.buffer.get(), settings.object_classes, submission.area,
                             GST_VIDEO_INFO_WIDTH(&submission.access.info),
                             GST_VIDEO_INFO_HEIGHT(&submission.access.info));
}

/// The engine's number of a frame's stream, 0 where the frame has nothing to do with the one before: a page.  Regions
/// have numbers of their own behind it.
uint64_t stream_of(const FrameInfo& frame) {
  constexpr int kRegionBits = 16;
  return frame.page > 0 ? 0 : frame.stream << kRegionBits;
}

/// Hands a frame to the engine, as a whole or in regions.
DsocrStatus ask(const std::shared_ptr<EngineClient>& client, const Submission& submission, const TakenFunction& taken,
                DoneFunction done, DsocrError* error) {
  const auto& settings = submission.slot->settings;
  const uint64_t stream = stream_of(submission.slot->frame);
  if (auto regions = regions_of(submission); !regions.empty()) {
    const std::shared_ptr<GstBuffer> buffer(gst_buffer_ref(submission.buffer.get()), gst_buffer_unref);
    auto picture = [buffer, access = submission.access] { return MappedFrame::map(buffer.get(), access); };
    return read_regions(client, std::move(regions), settings, stream, std::move(picture), taken, std::move(done),
                        error);
  }
  auto picture = MappedFrame::map(submission.buffer.get(), submission.access);
  if (picture == nullptr) {
    std::snprintf(error->message, sizeof error->message, "%s", kUnreadableFrame);
    return DSOCR_INVALID_ARGUMENT;
  }
  uint64_t request_id = 0;
  const DsocrStatus status =
      client->submit(std::move(picture), submission.area, *settings, stream, std::move(done), &request_id, error);
  if (status == DSOCR_OK && !taken(request_id)) client->cancel(request_id);
  return status;
}

/// One attempt.  @return OK where the outcome will come later.
DsocrStatus try_submit(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client,
                       const Submission& submission, std::string* reason) {
  const SlotPtr slot = submission.slot;
  // The client is reached weakly: the engine may hold this function after everybody else has let go.
  auto done = [session, slot, weak = std::weak_ptr<EngineClient>(client)](Reading reading) {
    auto next = session->finish(slot, std::move(reading));
    while (next) {
      const auto alive = weak.lock();
      if (alive == nullptr) {
        next = session->finish(next->slot, cancelled_reading());
      } else {
        submit(session, alive, std::move(*next), false);
        next.reset();
      }
    }
  };
  auto taken = [session, slot](uint64_t request_id) { return session->set_request_id(slot, request_id); };
  if (submission.access.copies_to_host()) session->count([](Counters& counters) { ++counters.host_copies; });
  DsocrError error{};
  const DsocrStatus status = ask(client, submission, taken, std::move(done), &error);
  *reason = error.message;
  return status;
}

}  // namespace

void submit(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client, Submission submission,
            bool may_wait) {
  std::optional<Submission> next(std::move(submission));
  while (next) {
    std::string reason;
    const uint64_t seen = session->results();
    const DsocrStatus status = try_submit(session, client, *next, &reason);
    if (status == DSOCR_OK) return;
    if (status == DSOCR_BUSY) {
      // Its own requests fill the client's queue, so one of them will end.
      if (may_wait && session->wait_for_result(seen)) continue;
      next = session->finish(next->slot, cancelled_reading());
      continue;
    }
    next = session->finish(next->slot, failed_reading(status, reason));
  }
}

void hand_over(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client,
               std::optional<Submission> due, uint64_t stale, bool may_wait) {
  if (due) {
    submit(session, client, std::move(*due), may_wait);
  } else if (stale != 0 && client->waiting() > 0) {
    client->cancel(stale);
  }
}

}  // namespace deepseekocr::plugin
