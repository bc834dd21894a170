// SPDX-License-Identifier: MIT
// Runs of frames that show the same text and are read as one.
#include <chrono>
#include <utility>

#include "deepseekocr/session.h"
#include "deepseekocr/text_format.h"
#include "deepseekocr/timing/reading_view.h"

namespace deepseekocr::plugin {
namespace {

/// How long no frame may come before an open group is read as it is.  Only a pipeline that waits for this very text
/// comes to that, for example one whose other branches are full; it must go on.
constexpr uint64_t kStall = 1'000'000'000;

/// A model of no more parameters takes a letter for another often enough, and answers fast enough, to be asked again.
constexpr uint64_t kSmallModel = 50'000'000;

/// Pages and regions are read as a whole: another reading of the same would say the same.
bool has_one_view(const FrameInfo& frame, const Settings& settings) {
  return frame.page > 0 || settings.inference_region == InferenceRegion::kRoiList;
}

/// How often the text of a group may be read, the first reading of which is `reading`.
uint32_t votes_of(const Slot& slot, const Reading& reading) {
  const uint32_t asked_for = slot.settings->timing.vote_reads;
  if (asked_for > 0) return asked_for;
  const bool small = reading.model_parameters > 0 && reading.model_parameters <= kSmallModel;
  if (!small || has_one_view(slot.frame, *slot.settings)) return 1;
  return slot.group->sample.length() > 1 ? kVotesOnVideos : kVotesOnStills;
}

/// What `look` asks for of the group of `slot`.
Submission submission_of(const SlotPtr& slot, GroupReads::Look look) {
  const Candidate& candidate = slot->group->sample.at(look.frame);
  slot->frame = candidate.frame;
  slot->request_id = 0;
  std::optional<DsocrRect> area = candidate.area;
  if (look.view > 0 && !has_one_view(slot->frame, *slot->settings))
    area = view_of(area.value_or(DsocrRect{0, 0, candidate.frame.width, candidate.frame.height}), look.view);
  return {slot, BufferPtr(gst_buffer_ref(candidate.buffer.get())), candidate.access, area};
}

uint64_t length_of(const Group& group) {
  return group.start == kNoTime || group.end == kNoTime || group.end < group.start ? 0 : group.end - group.start;
}

}  // namespace

void Session::begin_group(const SlotPtr& slot, Candidate first, uint64_t since) {
  const std::lock_guard lock(mutex_);
  slot->epoch = epoch_;
  if (stopped_locked()) return;
  if (open_group_) open_group_->group->open = false;
  slot->group = std::make_unique<Group>();
  slot->group->start = slot->frame.stream_time;
  // Only what was not sent yet can end earlier than it seemed.
  TextItem* last = texts_.empty() ? nullptr : &texts_.back();
  if (since != kNoTime && last != nullptr && last->slot != nullptr && last->start < since && since < last->end)
    slot->group->start = last->end = since;
  slot->group->end = slot->frame.end();
  TextItem item;
  item.slot = slot;
  item.start = slot->group->start;
  item.end = slot->group->end;
  slot->group->sample.keep(std::move(first));
  open_group_ = last_admitted_ = slot;
  last_frame_ = monotonic_now();
  texts_.push_back(std::move(item));
  ++text_slots_;
  ++counters_.groups;
  if (live_) trim_live_texts();
  changed_.notify_all();
}

bool Session::continues_group(const FrameInfo& frame) {
  const std::lock_guard lock(mutex_);
  if (open_group_ == nullptr || frame.page != open_group_->frame.page) return false;
  const Group& group = *open_group_->group;
  if (group.end == kNoTime || frame.stream_time == kNoTime) return true;
  const uint64_t bridge = uint64_t{open_group_->settings->timing.merge_gap_ms} * 1'000'000;
  return frame.stream_time <= group.end + bridge;
}

bool Session::wants_candidate() {
  const std::lock_guard lock(mutex_);
  return group_undecided() && open_group_->group->sample.wants_next();
}

void Session::extend_group(uint64_t start, uint64_t end, std::optional<Candidate> candidate) {
  std::optional<Candidate> unused;  // released after the lock
  const std::lock_guard lock(mutex_);
  if (open_group_ == nullptr) return;
  Group& group = *open_group_->group;
  last_frame_ = monotonic_now();
  if (end != kNoTime) group.end = end;
  if (candidate && group_undecided() && group.sample.wants_next())
    group.sample.keep(std::move(*candidate));
  else
    group.sample.skip();
  if (candidate) unused = std::move(candidate);
  continue_text(open_group_, start, end);
}

bool Session::is_group_due(uint64_t next_frame_size) {
  const std::lock_guard lock(mutex_);
  if (!group_undecided()) return false;
  const Group& group = *open_group_->group;
  return group.sample.length() >= policy_.hold_frames / 2 || length_of(group) >= policy_.hold_time / 2 ||
         (policy_.exact && frame_bytes_ + next_frame_size >= policy_.hold_bytes / 2);
}

void Session::close_group() {
  const std::lock_guard lock(mutex_);
  if (open_group_ == nullptr) return;
  open_group_->group->open = false;
  open_group_.reset();
  changed_.notify_all();
}

SlotPtr Session::open_group() {
  const std::lock_guard lock(mutex_);
  return open_group_;
}

std::optional<Submission> Session::decide_group(uint64_t* stale) {
  *stale = 0;
  Submission submission;
  const std::lock_guard lock(mutex_);
  if (stopped_locked() || !group_undecided()) return std::nullopt;
  const SlotPtr slot = open_group_;
  Group& group = *slot->group;
  const TimingSettings& timing = slot->settings->timing;
  group.reads.emplace(group.sample.order(), timing.confirm_reads);
  ++counters_.admitted;
  submission = submission_of(slot, *group.reads->next());
  return place(submission, stale);
}

/// One reading of a group.  @return the next one of it, or what waited for it.
std::optional<Submission> Session::finish_group(const SlotPtr& slot, Reading reading) {
  Group& group = *slot->group;
  const bool usable = reading.usable();
  if (!usable && group.readings.empty()) return settle(slot, std::move(reading));
  if (usable) {
    if (group.readings.empty()) group.reads->set_vote(votes_of(*slot, reading));
    GroupReads::Read read{plain_text(reading.plain), reading.confidence, reading.confidence_min};
    if (read.text == reading.raw) read.letters = reading.letters;
    group.reads->add(std::move(read));
    group.frames.push_back(slot->frame);
    group.readings.push_back(std::move(reading));
  }
  // What is newer matters more than certainty where only the newest is read.
  const auto next = !usable || stopped_locked() || waiting_ ? std::nullopt : group.reads->next();
  if (next) {
    ++counters_.rereads;
    return submission_of(slot, *next);
  }
  GroupReads::Outcome outcome = group.reads->outcome();
  if (!outcome.agreement) ++counters_.disagreed;
  slot->frame = group.frames[outcome.read];
  Reading best = std::move(group.readings[outcome.read]);
  if (!outcome.letters.empty()) correct_text(best, std::move(outcome.text), outcome.letters);
  best.agreement = outcome.agreement;
  best.single_read = outcome.single_read;
  return settle(slot, std::move(best));
}

/// Waits for a change.  @return whether none came for so long that the open group should be read as it is.
bool Session::wait_for_frames(Lock& lock) {
  const uint64_t now = monotonic_now(), due = last_frame_ + kStall;
  if (now >= due) return true;
  changed_.wait_for(lock, std::chrono::nanoseconds(due - now));
  return false;
}

}  // namespace deepseekocr::plugin
