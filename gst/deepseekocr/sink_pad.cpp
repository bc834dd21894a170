// SPDX-License-Identifier: MIT
// Frames in: which are read, how they are admitted, how they leave.
#include <algorithm>
#include <utility>

#include "deepseekocr/element.h"
#include "deepseekocr/frame_luma.h"
#include "deepseekocr/gate/regions_of_interest.h"
#include "deepseekocr/gate/sharpest.h"
#include "deepseekocr/metadata.h"
#include "deepseekocr/requests.h"
#include "deepseekocr/timing/grouping.h"

namespace deepseekocr::plugin {
namespace {

/// Frames are handled anew after each segment: the source behind a seek or a relink may be another.
bool decide_policy(GstDeepseekOcr* self, Session& session) {
  SinkState& sink = self->impl->sink;
  const Settings settings = copy_settings(self);
  sink.live = ask_upstream(self, session);
  sink.exact = settings.attach == Attach::kExact || (settings.attach == Attach::kAuto && !sink.live);
  sink.newest = settings.drop == Drop::kNewest || (settings.drop == Drop::kAuto && sink.live);
  if (!refresh_client(self, sink.live)) return false;
  Policy policy;
  sink.groups = sink.segment.rate > 0 && makes_groups(self, settings.timing, sink.live, sink.exact);
  policy.exact = sink.exact;
  policy.newest = sink.newest;
  // Twice a batch keeps the engine busy while results come; it is also below the engine's limit for one client.
  policy.in_flight = std::clamp(2 * (settings.batch_size > 0 ? settings.batch_size : 8), 2, 64);
  policy.hold_time = uint64_t{settings.max_hold_ms} * GST_MSECOND;
  session.configure(policy);
  sink.policy_due = false;
  GST_INFO_OBJECT(self, "upstream is %s: attach=%s, drop=%s", sink.live ? "live" : "not live",
                  sink.exact ? "exact" : "latest", sink.newest ? "newest" : "never");
  return true;
}

uint64_t frame_duration(const GstVideoInfo& info, GstBuffer* buffer) {
  if (GST_BUFFER_DURATION_IS_VALID(buffer)) return GST_BUFFER_DURATION(buffer);
  if (info.fps_n <= 0) return kNoTime;
  return gst_util_uint64_scale_int(GST_SECOND, info.fps_d, info.fps_n);
}

FrameInfo describe_frame(SinkState& sink, GstBuffer* buffer, uint32_t interval) {
  FrameInfo frame;
  frame.number = sink.frame_number++;
  frame.pts = GST_BUFFER_PTS(buffer);
  const uint64_t duration = frame_duration(sink.access.info, buffer);
  if (duration != kNoTime) frame.duration = duration * interval;
  if (sink.segment.format == GST_FORMAT_TIME && GST_BUFFER_PTS_IS_VALID(buffer)) {
    frame.stream_time = gst_segment_to_stream_time(&sink.segment, GST_FORMAT_TIME, frame.pts);
    frame.running_time = gst_segment_to_running_time(&sink.segment, GST_FORMAT_TIME, frame.pts);
  }
  frame.arrived = monotonic_now();
  frame.width = GST_VIDEO_INFO_WIDTH(&sink.access.info);
  frame.height = GST_VIDEO_INFO_HEIGHT(&sink.access.info);
  frame.page = page_of(buffer);
  frame.stream = sink.stream;
  return frame;
}

/// Running time at which the frame after `buffer` is due; where that is unknown, just behind its own.
uint64_t end_in_running_time(const SinkState& sink, GstBuffer* buffer) {
  if (sink.segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) return kNoTime;
  const uint64_t duration = frame_duration(sink.access.info, buffer);
  const uint64_t end = GST_BUFFER_PTS(buffer) + (duration == kNoTime ? 1 : duration);
  return gst_segment_to_running_time(&sink.segment, GST_FORMAT_TIME, end);
}

/// Frames that nobody will see are not read: outside the segment (a decoder's run-up to a seek), or no picture at all.
bool is_visible(const SinkState& sink, GstBuffer* buffer) {
  if (GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_GAP)) return false;
  if (sink.segment.format != GST_FORMAT_TIME || !GST_BUFFER_PTS_IS_VALID(buffer)) return true;
  const uint64_t start = GST_BUFFER_PTS(buffer);
  const uint64_t end = GST_BUFFER_DURATION_IS_VALID(buffer) ? start + GST_BUFFER_DURATION(buffer) : start;
  return gst_segment_clip(&sink.segment, GST_FORMAT_TIME, start, end, nullptr, nullptr);
}

/// The pixels that `settings` want read.  @return false: the area lies outside the frame, one ERROR was posted.
bool find_area(GstDeepseekOcr* self, const Settings& settings, std::optional<DsocrRect>* area) {
  if (!settings.area) return true;
  SinkState& sink = self->impl->sink;
  const int width = GST_VIDEO_INFO_WIDTH(&sink.access.info), height = GST_VIDEO_INFO_HEIGHT(&sink.access.info);
  bool clipped = false;
  *area = resolve_area(*settings.area, width, height, &clipped);
  if (!*area) {
    GST_ELEMENT_ERROR(
        self, LIBRARY, SETTINGS,
        ("area=%s lies outside the %dx%d frame; set an area inside it.", settings.area_text.c_str(), width, height),
        (nullptr));
    return false;
  }
  if (clipped && !sink.area_reported) {
    sink.area_reported = true;
    GST_ELEMENT_WARNING(
        self, LIBRARY, SETTINGS,
        ("area=%s sticks out of the %dx%d frame; the part inside is read.", settings.area_text.c_str(), width, height),
        (nullptr));
  }
  return true;
}

/// A frame that came in, and what is known about it.
struct Arrival {
  FrameInfo frame;
  std::shared_ptr<const Settings> settings;
  std::optional<DsocrRect> area; /**< that is read; empty: everything */
  std::optional<DsocrRect> look; /**< that the gate looks at, where that is not the area */
  Verdict verdict;
  uint64_t since = kNoTime; /**< text-timing=group: stream time at which its writing came, where that was before */
};

/// A frame that cannot be looked at is read; said once for these caps where the engine knows why.
void report_look(GstDeepseekOcr* self, const std::string& reason) {
  SinkState& sink = self->impl->sink;
  if (reason.empty() || std::exchange(sink.look_reported, true)) return;
  GST_ELEMENT_WARNING(self, STREAM, DECODE,
                      ("Frames cannot be looked at on the device, so none is skipped: %s", reason.c_str()), (nullptr));
}

/// Looks at the pixels of a frame that is due.
void examine(GstDeepseekOcr* self, Session& session, GstBuffer* buffer, Arrival* arrival) {
  SinkState& sink = self->impl->sink;
  const Settings& settings = *arrival->settings;
  const bool collects = settings.sharpest_of_ms > 0 && !sink.groups;
  GateSettings gate = settings.gate;
  gate.defers_reference = collects;
  gate.needs_detail = settings.auto_area || collects;
  // A page is asked for its own text, and so is a frame that cannot be looked at; the engine says what is wrong.
  if (arrival->frame.page > 0 || !gate.looks_at_pixels()) return;
  const DsocrRect whole{0, 0, arrival->frame.width, arrival->frame.height};
  const DsocrRect part = arrival->look.value_or(arrival->area.value_or(whole));
  if (sink.access.copies_to_host()) session.count([](Counters& counters) { ++counters.host_copies; });
  FrameLuma luma(buffer, sink.access, sink.api, &sink.halved);
  const auto view = luma.view(part);
  if (!view) {
    report_look(self, luma.error());
    return;
  }
  arrival->verdict = sink.gate.examine(gate, *view, part.x, part.y);
  if (!sink.groups || gate.change_threshold == 0) return;
  const auto place = sink.tracker.place(arrival->verdict.decision, *view, arrival->frame.stream_time);
  arrival->verdict.decision = place.decision;
  arrival->since = place.since;
}

/// What was read is no answer to the frames that follow.
void forget_reading(GstDeepseekOcr* self, const std::shared_ptr<Session>& session) {
  SinkState& sink = self->impl->sink;
  sink.gate.forget_reading();
  sink.tracker.reset();
  if (sink.groups) end_group(self, session);
}

/// inference-region=roi-list: lets the gate look at the regions alone.  @return false: the frame has none
bool find_regions(SinkState& sink, GstBuffer* buffer, Arrival* arrival) {
  const FrameInfo& frame = arrival->frame;
  auto regions =
      regions_of_interest(buffer, arrival->settings->object_classes, arrival->area, frame.width, frame.height);
  if (regions.empty()) return false;
  if (!are_same_regions(sink.regions, regions)) {
    sink.gate.forget_reading();
    sink.tracker.reset();
    sink.regions = regions;
  }
  arrival->look = sink.auto_area.follow(box_around(regions), frame.width, frame.height);
  return true;
}

/// Decides whether the frame is read.  @return false: the area lies outside the frame, one ERROR was posted.
bool judge(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, GstBuffer* buffer, Arrival* arrival) {
  SinkState& sink = self->impl->sink;
  const Settings& settings = *arrival->settings;
  // What failed may succeed in the next frame; what was asked with other settings is no answer any more.
  if (session->last_reading_failed() || sink.settings_revision != settings.revision) forget_reading(self, session);
  sink.settings_revision = settings.revision;
  arrival->verdict = sink.gate.schedule(settings.gate, arrival->frame.pts);
  if (arrival->verdict.decision != Decision::kRead) return true;
  if (!find_area(self, settings, &arrival->area)) return false;
  const bool by_regions = settings.inference_region == InferenceRegion::kRoiList;
  if (by_regions && !find_regions(sink, buffer, arrival)) {
    arrival->verdict.decision = Decision::kBlank;
    sink.gate.forget_reading();
    sink.tracker.reset();
    return true;
  }
  examine(self, *session, buffer, arrival);
  if (settings.auto_area && !by_regions)
    arrival->area = sink.auto_area.follow(arrival->verdict.detail, arrival->frame.width, arrival->frame.height);
  GST_LOG_OBJECT(self, "frame %" G_GUINT64_FORMAT ": decision %d, distance %u", arrival->frame.number,
                 static_cast<int>(arrival->verdict.decision), arrival->verdict.distance);
  return true;
}

void count_skipped(Session& session, Decision decision) {
  session.count([decision](Counters& counters) {
    counters.skipped_interval += decision == Decision::kInterval;
    counters.skipped_rate += decision == Decision::kRate;
    counters.skipped_blank += decision == Decision::kBlank;
    counters.skipped_unchanged += decision == Decision::kUnchanged;
  });
}

/// What a frame that is not read means for the text before it.
void skip_frame(Session& session, const Arrival& arrival) {
  const FrameInfo& frame = arrival.frame;
  const bool timed = frame.stream_time != kNoTime && frame.duration != kNoTime;
  const uint64_t end = timed ? frame.stream_time + frame.duration : kNoTime;
  count_skipped(session, arrival.verdict.decision);
  switch (arrival.verdict.decision) {
    case Decision::kRead:
    case Decision::kInterval:  // the reading before it stands for it
      break;
    case Decision::kRate:
    case Decision::kUnchanged:
      session.repeat_text(frame.stream_time, end);
      break;
    case Decision::kBlank:
      session.end_text(frame.number, frame.stream_time, end);
      break;
  }
}

Submission submission_of(const SinkState& sink, GstBuffer* kept, const Arrival& arrival) {
  Submission submission;
  submission.slot = std::make_shared<Slot>();
  submission.slot->frame = arrival.frame;
  submission.slot->settings = arrival.settings;
  submission.access = sink.access;
  submission.area = arrival.area;
  submission.buffer.reset(gst_buffer_ref(kept));
  return submission;
}

/// Does what the verdict says.  @param slot  set to the reading that stands for the frame, where that is not the last
/// one
/// @return false: stopped
bool follow_verdict(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, GstBuffer* buffer,
                    const Arrival& arrival, SlotPtr* slot) {
  SinkState& sink = self->impl->sink;
  const bool collects = arrival.settings->sharpest_of_ms > 0 && arrival.frame.page == 0;
  const Decision decision = arrival.verdict.decision;
  if (decision == Decision::kBlank || (decision == Decision::kRead && !collects)) {
    if (!end_window(self, session)) return false;
    if (decision == Decision::kBlank) sink.gate.forget_reading();
  }
  if (decision == Decision::kRead) {
    const BufferPtr kept = sink.pool_check.buffer_to_keep(buffer);
    Submission submission = submission_of(sink, kept.get(), arrival);
    *slot = submission.slot;
    if (!collects) return admit_frame(self, session, std::move(submission));
    *slot = collect_frame(self, std::move(submission), arrival.verdict);
  } else if (sink.window.is_open()) {
    sink.window.pass(gst_buffer_get_size(buffer));
    *slot = sink.sharpest->slot;
    count_skipped(*session, decision);
  } else {
    skip_frame(*session, arrival);
  }
  return true;
}

GstFlowReturn push_at_once(GstDeepseekOcr* self, Session& session, BufferPtr buffer) {
  DeliveryAttacher& attacher = self->impl->sink.attacher;
  buffer = attacher.attach(std::move(buffer), session.latest());
  const GstFlowReturn flow = gst_pad_push(self->video_pad, buffer.release());
  attacher.prepare();
  session.set_video_flow(flow);
  session.count([](Counters& counters) { ++counters.frames_out; });
  return session.flow();
}

/// In text-timing=group: the group that a frame belongs to, none for one without text.  @return false: stopped
bool group_frame(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, GstBuffer* buffer,
                 const Arrival& arrival, SlotPtr* slot) {
  const GroupFrame frame{arrival.frame, buffer, arrival.settings, arrival.area, arrival.since};
  const Decision decision = arrival.verdict.decision;
  count_skipped(*session, decision);
  const bool looked_at = decision == Decision::kRead || decision == Decision::kUnchanged;
  if (decision == Decision::kBlank) {
    if (!end_group(self, session)) return false;
    session->end_text(arrival.frame.number, arrival.frame.stream_time, arrival.frame.end());
    return true;
  }
  if (decision != Decision::kRead && session->continues_group(arrival.frame)) {
    *slot = extend_group(self, session, frame, looked_at);
    return *slot != nullptr;
  }
  if (!looked_at) return true;
  *slot = begin_group(self, session, frame);
  return *slot != nullptr;
}

GstFlowReturn hold_frame(Session& session, BufferPtr buffer, SlotPtr own_slot, const FrameInfo& frame) {
  HeldFrame held;
  held.own = own_slot != nullptr;
  held.slot = held.own ? std::move(own_slot) : session.last_admitted();
  held.pts = frame.pts;
  held.size = gst_buffer_get_size(buffer.get());
  held.arrived = frame.arrived;
  held.buffer = std::move(buffer);
  session.hold(std::move(held));
  return session.flow();
}

}  // namespace

bool admit_frame(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, Submission submission) {
  if (!session->wait_to_admit()) return false;
  const auto client = client_of(self);
  if (client == nullptr) return false;
  uint64_t stale = 0;
  auto due = session->admit(std::move(submission), &stale);
  hand_over(session, client, std::move(due), stale, !self->impl->sink.newest);
  return true;
}

bool ask_upstream(GstDeepseekOcr* self, Session& session) {
  const QueryPtr query(gst_query_new_latency());
  gboolean live = FALSE;
  GstClockTime latency = 0;
  if (gst_pad_peer_query(self->sink_pad, query.get())) gst_query_parse_latency(query.get(), &live, &latency, nullptr);
  session.begin_segment(live, latency);
  return live;
}

GstFlowReturn sink_chain(GstPad*, GstObject* parent, GstBuffer* buffer) {
  GstDeepseekOcr* self = GST_DEEPSEEK_OCR(parent);
  SinkState& sink = self->impl->sink;
  BufferPtr frame_buffer(buffer);
  const auto session = session_of(self);
  if (session == nullptr) return GST_FLOW_FLUSHING;
  if (const GstFlowReturn flow = session->flow(); flow != GST_FLOW_OK) return flow;
  if (!sink.has_caps) return GST_FLOW_NOT_NEGOTIATED;
  if (sink.policy_due && !decide_policy(self, *session)) return GST_FLOW_ERROR;

  Arrival arrival;
  arrival.settings = settings_of(self);
  arrival.frame = describe_frame(sink, buffer, sink.groups ? 1 : arrival.settings->gate.inference_interval);
  session->count([](Counters& counters) { ++counters.frames_in; });
  if (sink.live) session->advance(end_in_running_time(sink, buffer));
  if (sink.exact) frame_buffer = sink.pool_check.buffer_to_keep(buffer);

  SlotPtr slot;
  if (!end_window_before(self, session, arrival.frame.pts, gst_buffer_get_size(buffer))) return session->flow();
  if (is_visible(sink, buffer)) {
    if (!judge(self, session, frame_buffer.get(), &arrival)) {
      session->set_video_flow(GST_FLOW_ERROR);
      return session->flow();
    }
    if (sink.groups) {
      if (!group_frame(self, session, frame_buffer.get(), arrival, &slot)) return session->flow();
    } else if (!follow_verdict(self, session, frame_buffer.get(), arrival, &slot)) {
      return session->flow();
    }
  }
  if (sink.exact) return hold_frame(*session, std::move(frame_buffer), std::move(slot), arrival.frame);
  return push_at_once(self, *session, std::move(frame_buffer));
}

}  // namespace deepseekocr::plugin
