// SPDX-License-Identifier: MIT
#include "deepseekocr/session.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// A file's readings that may wait for the text pad.  Wide, because a paused text sink must not stop a video encoder
/// that needs many frames before its first output.
constexpr size_t kMaxTexts = 1024;

/// How far a live stream goes on until the text pad is told: half of the 100 ms that its GAPs may be apart.  Frames
/// tell it later than the clock does, so that they need to only where there is no clock: waking a thread takes them
/// longer than all the rest.
constexpr uint64_t kPositionStep = 50'000'000, kFramePositionStep = 100'000'000;

/// How long nothing may happen before kept-back text is sent: longer than the way of a frame through the element.
constexpr std::chrono::milliseconds kCuePatience(10);

bool is_end(GstFlowReturn flow) {
  return flow == GST_FLOW_EOS || flow == GST_FLOW_NOT_LINKED;
}

}  // namespace

uint64_t monotonic_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

GstFlowReturn combine_flows(GstFlowReturn video, GstFlowReturn text) {
  if (is_end(video) && is_end(text))
    return video == GST_FLOW_EOS || text == GST_FLOW_EOS ? GST_FLOW_EOS : GST_FLOW_NOT_LINKED;
  if (video < GST_FLOW_OK && !is_end(video)) return video;
  if (text < GST_FLOW_OK && !is_end(text)) return text;
  return GST_FLOW_OK;
}

uint64_t Counters::readings() const {
  uint64_t all = 0;
  for (const uint64_t count : by_reason) all += count;
  return all - by_reason[DSOCR_FINISH_CANCELLED] - by_reason[DSOCR_FINISH_ERROR];
}

// ------------------------------------------------------------------------------------------------ readings

void Session::configure(const Policy& policy) {
  const std::lock_guard lock(mutex_);
  policy_ = policy;
}

bool Session::wait_to_admit() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] {
    return stopped_locked() || policy_.newest || (in_flight_ < policy_.in_flight && text_slots_ < kMaxTexts);
  });
  return !stopped_locked();
}

uint64_t Session::results() {
  const std::lock_guard lock(mutex_);
  return results_;
}

bool Session::wait_for_result(uint64_t seen) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_locked() || results_ != seen; });
  return !stopped_locked();
}

std::optional<Submission> Session::admit(Submission submission, uint64_t* stale) {
  *stale = 0;
  const std::lock_guard lock(mutex_);
  const SlotPtr slot = submission.slot;
  slot->epoch = epoch_;
  if (stopped_locked()) return std::nullopt;
  ++counters_.admitted;
  last_admitted_ = slot;
  TextItem item;
  item.slot = slot;
  item.start = slot->frame.stream_time;
  item.end = slot->frame.end();
  texts_.push_back(std::move(item));
  ++text_slots_;
  if (live_) trim_live_texts();
  return place(submission, stale);
}

/// Finds a place in the engine's queue, or in front of it.  What it takes the place of is left in `submission`, so that
/// its frame is freed without the lock.
std::optional<Submission> Session::place(Submission& submission, uint64_t* stale) {
  if (policy_.newest && submitted_ != nullptr) {
    if (waiting_) drop(waiting_->slot);
    std::optional<Submission> replaced(std::move(submission));
    waiting_.swap(replaced);
    if (replaced) {
      submission = std::move(*replaced);
      // Its frame and its place in the text wait no longer.  Live, no frame waits, and the text pad looks often enough:
      // waking it for every frame would cost more than all the rest.
      if (policy_.exact || !live_) changed_.notify_all();
    }
    *stale = submitted_->request_id;
    return std::nullopt;
  }
  ++in_flight_;
  submitted_ = submission.slot;
  return std::move(submission);
}

void Session::drop(const SlotPtr& slot) {
  static const auto kGivenUp = std::make_shared<const Reading>(cancelled_reading());
  slot->reading = kGivenUp;
  ++counters_.dropped;
  record(*slot->reading);
}

void Session::trim_live_texts() {
  while (text_slots_ > kMaxTexts) {
    const auto oldest = std::find_if(texts_.begin(), texts_.end(),
                                     [](const TextItem& item) { return item.slot && !item.continuation; });
    const SlotPtr slot = oldest->slot;
    texts_.erase(std::remove_if(oldest, texts_.end(), [&](const TextItem& item) { return item.slot == slot; }),
                 texts_.end());
    --text_slots_;
    ++counters_.text_dropped;
  }
}

bool Session::set_request_id(const SlotPtr& slot, uint64_t request_id) {
  const std::lock_guard lock(mutex_);
  slot->request_id = request_id;
  return slot->epoch == epoch_;
}

void Session::record(const Reading& reading) {
  ++counters_.by_reason[reading.finish_reason];
  counters_.tokens += reading.tokens;
  if (reading.finish_reason == DSOCR_FINISH_ERROR) ++counters_.failed;
  if (!reading.usable()) return;
  counters_.last_latency = reading.latency;
  counters_.sum_latency += reading.latency;
  counters_.max_latency = std::max(counters_.max_latency, reading.latency);
}

std::optional<Submission> Session::finish(const SlotPtr& slot, Reading reading) {
  GroupSample<Candidate> unread;  // released after the lock
  const std::lock_guard lock(mutex_);
  ++results_;
  changed_.notify_all();
  if (slot->reading != nullptr) return std::nullopt;
  reading.latency = monotonic_now() - slot->frame.arrived;
  record(reading);
  if (slot->group == nullptr || slot->epoch != epoch_) return settle(slot, std::move(reading));
  auto next = finish_group(slot, std::move(reading));
  if (slot->reading != nullptr) std::swap(unread, slot->group->sample);
  return next;
}

/// `reading` is what `slot` stands for.  @return the submission that waited for it.
std::optional<Submission> Session::settle(const SlotPtr& slot, Reading reading) {
  slot->reading = std::make_shared<const Reading>(std::move(reading));
  if (slot->epoch != epoch_) return std::nullopt;
  --in_flight_;
  if (slot->reading->finish_reason == DSOCR_FINISH_CANCELLED) ++counters_.dropped;
  const bool newer = latest_ == nullptr || latest_->frame.number < slot->frame.number;
  if (slot->reading->usable() && newer && slot->frame.number >= ended_before_) latest_ = slot;
  if (submitted_ == slot) submitted_.reset();
  std::optional<Submission> next;
  if (waiting_ && submitted_ == nullptr && !stopped_locked()) {
    next = std::exchange(waiting_, std::nullopt);
    submitted_ = next->slot;
    ++in_flight_;
  }
  return next;
}

Delivery Session::latest_locked(bool mark) {
  if (latest_ == nullptr) return {};
  const bool first = !latest_->shown;
  if (mark) latest_->shown = true;
  return {latest_, latest_->reading, first};
}

Delivery Session::latest() {
  const std::lock_guard lock(mutex_);
  return latest_locked(true);
}

void Session::forget_latest() {
  const std::lock_guard lock(mutex_);
  latest_.reset();
  last_admitted_.reset();
}

SlotPtr Session::last_admitted() {
  const std::lock_guard lock(mutex_);
  return last_admitted_;
}

// ------------------------------------------------------------------------------------------------ video

bool Session::hold_has_room(const HeldFrame& frame) const {
  // One frame may always be held, however large: otherwise it could never leave.
  if (frames_.empty()) return true;
  if (frames_.size() >= policy_.hold_frames || frame_bytes_ + frame.size > policy_.hold_bytes) return false;
  const uint64_t first = frames_.front().pts;
  return first == kNoTime || frame.pts == kNoTime || frame.pts <= first || frame.pts - first <= policy_.hold_time;
}

bool Session::hold(HeldFrame frame) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return stopped_locked() || policy_.newest || hold_has_room(frame); });
  if (stopped_locked()) return false;
  frame_bytes_ += frame.size;
  frames_.push_back(std::move(frame));
  changed_.notify_all();
  return true;
}

EventPtr Session::hold_event(EventPtr event) {
  const std::lock_guard lock(mutex_);
  if (flushing_ || (frames_.empty() && !pushing_)) return event;
  HeldFrame held;
  held.event = std::move(event);
  frames_.push_back(std::move(held));
  changed_.notify_all();
  return nullptr;
}

bool Session::drain() {
  Lock lock(mutex_);
  changed_.wait(lock, [this] { return stopped_locked() || (frames_.empty() && !pushing_); });
  return !stopped_locked();
}

/// More is held than the limits allow: only where nothing may wait (`newest`).
bool Session::hold_is_over() const {
  if (!policy_.newest || frames_.empty()) return false;
  return frames_.size() > policy_.hold_frames || frame_bytes_ > policy_.hold_bytes;
}

bool Session::front_frame_ready(uint64_t now) const {
  const HeldFrame& front = frames_.front();
  if (front.slot == nullptr || front.slot->reading != nullptr || hold_is_over()) return true;
  return policy_.newest && now >= front.arrived + policy_.hold_time;
}

Delivery Session::delivery_for(const HeldFrame& frame) {
  if (frame.slot == nullptr) return {};
  const ReadingPtr& reading = frame.slot->reading;
  if (reading == nullptr) ++counters_.overdue;
  // A frame whose reading was given up for a newer one shows what was read last; one that failed shows nothing.
  if (reading == nullptr || reading->finish_reason == DSOCR_FINISH_CANCELLED) return latest_locked(true);
  if (!reading->usable()) return {};
  const bool first = !frame.slot->shown;
  frame.slot->shown = true;
  return {frame.slot, reading, first};
}

std::optional<HeldFrame> Session::take_frame(Delivery* delivery, bool* stalled) {
  Lock lock(mutex_);
  while (!flushing_) {
    if (frames_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const uint64_t now = monotonic_now();
    if (front_frame_ready(now) || failed_) break;
    if (policy_.newest) {
      changed_.wait_for(lock, std::chrono::nanoseconds(frames_.front().arrived + policy_.hold_time - now));
    } else if (group_undecided() && frames_.front().slot == open_group_) {
      if (*stalled = wait_for_frames(lock); *stalled) return std::nullopt;
    } else {
      changed_.wait(lock);
    }
  }
  if (flushing_) return std::nullopt;
  HeldFrame frame = std::move(frames_.front());
  frames_.pop_front();
  frame_bytes_ -= frame.size;
  *delivery = delivery_for(frame);
  pushing_ = true;
  changed_.notify_all();
  return frame;
}

void Session::event_pushed() {
  const std::lock_guard lock(mutex_);
  pushing_ = false;
  changed_.notify_all();
}

void Session::frame_pushed(GstFlowReturn flow) {
  const std::lock_guard lock(mutex_);
  pushing_ = false;
  video_flow_ = flow;
  ++counters_.frames_out;
  changed_.notify_all();
}

// ------------------------------------------------------------------------------------------------ text

void Session::queue_event(EventPtr event) {
  const std::lock_guard lock(mutex_);
  if (flushing_) return;
  texts_.push_back({std::move(event), nullptr});
  changed_.notify_all();
}

void Session::queue_gap(uint64_t start, uint64_t end) {
  const std::lock_guard lock(mutex_);
  if (flushing_) return;
  TextItem* last = texts_.empty() ? nullptr : &texts_.back();
  if (last != nullptr && last->event == nullptr && last->slot == nullptr && last->end == start) {
    last->end = end;  // neighbours are one
  } else {
    texts_.push_back({nullptr, nullptr, start, end});
  }
  changed_.notify_all();
}

bool Session::repeat_text(uint64_t start, uint64_t end) {
  const std::lock_guard lock(mutex_);
  if (flushing_ || last_admitted_ == nullptr) return false;
  continue_text(last_admitted_, start, end);
  return true;
}

/// Neighbours of one slot are one item, forwards and backwards.
void Session::continue_text(const SlotPtr& slot, uint64_t start, uint64_t end) {
  if (texts_.empty() || texts_.back().slot != slot) {
    TextItem item;
    item.slot = slot;
    item.start = start;
    item.end = end;
    item.continuation = true;
    texts_.push_back(std::move(item));
  }
  TextItem& last = texts_.back();
  last.start = std::min(last.start, start);
  last.end = end == kNoTime || last.end == kNoTime ? end : std::max(last.end, end);
  changed_.notify_all();
}

void Session::end_text(uint64_t number, uint64_t start, uint64_t end) {
  {
    const std::lock_guard lock(mutex_);
    if (flushing_) return;
    ended_before_ = number;
    latest_.reset();
    last_admitted_.reset();
  }
  queue_gap(start, end);
}

bool Session::last_reading_failed() {
  const std::lock_guard lock(mutex_);
  return last_admitted_ != nullptr && last_admitted_->reading != nullptr && !last_admitted_->reading->usable();
}

void Session::begin_segment(bool live, uint64_t upstream_latency) {
  const std::lock_guard lock(mutex_);
  live_ = live;
  upstream_latency_ = upstream_latency;
}

void Session::set_latency(uint64_t latency) {
  const std::lock_guard lock(mutex_);
  latency_ = latency;
}

void Session::set_upstream_latency(uint64_t latency) {
  const std::lock_guard lock(mutex_);
  upstream_latency_ = latency;
}

bool Session::advance(uint64_t running_time) {
  const std::lock_guard lock(mutex_);
  return running_time != kNoTime && reach(running_time, kFramePositionStep);
}

bool Session::tick(uint64_t running_time) {
  const std::lock_guard lock(mutex_);
  // Frames of this running time arrive only when upstream has had its time.
  return running_time > upstream_latency_ && reach(running_time - upstream_latency_, kPositionStep);
}

void Session::nudge() {
  const std::lock_guard lock(mutex_);
  nudged_ = true;
  changed_.notify_all();
}

bool Session::reach(uint64_t running_time, uint64_t step) {
  if (!live_ || flushing_ || running_time <= latency_) return false;
  const uint64_t reached = running_time - latency_;
  // The clock tells what frames reached, too: they are ahead of it.
  reached_ = reached_ == kNoTime ? reached : std::max(reached_, reached);
  const bool due = told_ == kNoTime || reached_ >= told_ + step;
  if (due) changed_.notify_all();
  return due;
}

/// A live stream that has moved on while readings are on their way.
std::optional<TextItem> Session::live_position() {
  if (reached_ == kNoTime || reached_ == told_) return std::nullopt;
  TextItem item;
  item.reached = told_ = reached_;
  return item;
}

/// Whether the first item may be sent.
bool Session::text_ready(bool eager) const {
  const TextItem& front = texts_.front();
  if (front.slot == nullptr) return true;
  if (front.slot->reading == nullptr) return false;
  // The end of a group's text is known when the group is closed, or when something else follows.
  return eager || texts_.size() > 1 || front.slot != open_group_;
}

std::optional<TextItem> Session::front_text(bool eager) {
  if (texts_.empty() || !text_ready(eager)) return live_position();
  TextItem item = std::move(texts_.front());
  texts_.pop_front();
  if (item.slot != nullptr && !item.continuation) --text_slots_;
  changed_.notify_all();
  return item;
}

std::optional<TextItem> Session::take_text(bool open_cue, bool eager) {
  Lock lock(mutex_);
  while (!flushing_) {
    if (auto item = front_text(eager)) return item;
    if (std::exchange(nudged_, false)) {
      TextItem item;
      item.nudge = true;
      return item;
    }
    const bool undecided = group_undecided() && (texts_.empty() || texts_.front().slot == open_group_);
    const bool idle = in_flight_ == 0 && !waiting_ && (texts_.empty() || undecided);
    if (open_cue && idle) {
      if (changed_.wait_for(lock, kCuePatience) == std::cv_status::timeout) return TextItem();
    } else if (undecided) {
      TextItem item;
      if (item.stalled = wait_for_frames(lock); item.stalled) return item;
    } else {
      changed_.wait(lock);
    }
  }
  return std::nullopt;
}

// ------------------------------------------------------------------------------------------------ control

std::vector<EventPtr> Session::flush_start() {
  std::deque<HeldFrame> frames;  // released after the lock
  std::deque<TextItem> texts;
  std::optional<Submission> waiting;
  std::vector<EventPtr> events;
  const std::lock_guard lock(mutex_);
  flushing_ = true;
  ++epoch_;
  frames.swap(frames_);
  for (HeldFrame& frame : frames)
    if (frame.event != nullptr) events.push_back(std::move(frame.event));
  texts.swap(texts_);
  // A stream starts once: what downstream was not told yet outlives the flush.
  for (TextItem& item : texts) {
    if (item.event != nullptr && GST_EVENT_TYPE(item.event.get()) == GST_EVENT_STREAM_START)
      texts_.push_back({std::move(item.event), nullptr});
  }
  waiting.swap(waiting_);
  frame_bytes_ = in_flight_ = text_slots_ = 0;
  submitted_.reset();
  latest_.reset();
  last_admitted_.reset();
  open_group_.reset();
  reached_ = told_ = kNoTime;
  changed_.notify_all();
  return events;
}

void Session::flush_stop() {
  const std::lock_guard lock(mutex_);
  flushing_ = false;
  video_flow_ = text_flow_ = GST_FLOW_OK;
  changed_.notify_all();
}

void Session::fail() {
  const std::lock_guard lock(mutex_);
  failed_ = true;
  changed_.notify_all();
}

bool Session::is_live() {
  const std::lock_guard lock(mutex_);
  return live_;
}

bool Session::takes_newest() {
  const std::lock_guard lock(mutex_);
  return policy_.newest;
}

void Session::set_video_flow(GstFlowReturn flow) {
  const std::lock_guard lock(mutex_);
  video_flow_ = flow;
}

void Session::set_text_flow(GstFlowReturn flow) {
  const std::lock_guard lock(mutex_);
  text_flow_ = flow;
}

GstFlowReturn Session::flow() {
  const std::lock_guard lock(mutex_);
  if (flushing_) return GST_FLOW_FLUSHING;
  if (failed_) return GST_FLOW_ERROR;
  return combine_flows(video_flow_, text_flow_);
}

Session::Snapshot Session::snapshot() {
  const std::lock_guard lock(mutex_);
  return {counters_, in_flight_ + (waiting_ ? 1 : 0), frames_.size(), text_slots_, frame_bytes_};
}

}  // namespace deepseekocr::plugin
