// SPDX-License-Identifier: MIT
// Everything that the threads of one element share between READY and PAUSED: readings in flight, frames held for their
// reading, text waiting for its pad.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "deepseekocr/slot.h"

namespace deepseekocr::plugin {

/// What a session does when readings come slower than frames.
struct Policy {
  bool exact = false;                 /**< frames wait for their own reading */
  bool newest = false;                /**< never wait: the newest admitted frame replaces the one that waits */
  uint32_t in_flight = 16;            /**< readings asked for at once; `newest`: one, and one that waits */
  uint64_t hold_time = 1'000'000'000; /**< limits of the frames held, whichever is reached first */
  uint32_t hold_frames = 64;
  uint64_t hold_bytes = 256u << 20;
};

struct Counters {
  uint64_t frames_in = 0, frames_out = 0, admitted = 0;
  uint64_t skipped_interval = 0, skipped_rate = 0, skipped_blank = 0, skipped_unchanged = 0; /**< by the frame gate */
  uint64_t dropped = 0;      /**< readings given up for a newer frame */
  uint64_t text_dropped = 0; /**< finished readings that a live text pad was too slow for */
  uint64_t overdue = 0;      /**< held frames that left without their reading */
  uint64_t failed = 0, tokens = 0;
  uint64_t host_copies = 0; /**< times that a frame in CUDA memory was looked at or read by the processor */
  uint64_t groups = 0;      /**< runs of frames that were read as one */
  uint64_t rereads = 0;     /**< further readings of a group */
  uint64_t disagreed = 0;   /**< groups whose readings were to agree and did not */
  uint64_t by_reason[DSOCR_FINISH_ERROR + 1] = {};
  uint64_t last_latency = 0, max_latency = 0, sum_latency = 0; /**< nanoseconds */

  /// Readings that hold a text that may be shown, be it empty.
  uint64_t readings() const;
};

/// Thread-safe: one mutex, one condition, no call out of this class while the mutex is held.  Waits end on flush, stop
/// and failure.
class Session {
 public:
  // --- streaming thread
  /// Sets the policy.  Held frames must have been drained.
  void configure(const Policy& policy);
  /// Waits until another frame may be admitted (never in `newest`).  @return false: stopped.
  bool wait_to_admit();
  /// Number of outcomes so far.
  uint64_t results();
  /// Waits until results() is no longer `seen`.  @return false: stopped.
  bool wait_for_result(uint64_t seen);
  /// Registers an admitted frame; its text keeps its place in the order.
  /// @return the submission where it is to be submitted now; nothing where it waits for the one before it.  `*stale` is
  ///         then the request that this frame would rather replace (0: none).
  std::optional<Submission> admit(Submission submission, uint64_t* stale);
  /// A run of frames begins with `first`, and what to read of the one before was decided.  Its text keeps its place in
  /// the order.
  /// @param since  stream time at which the text came, where that was before `first`: the text before it ends there
  void begin_group(const SlotPtr& slot, Candidate first, uint64_t since = kNoTime);
  /// Whether `frame` can be one of the open group by its page and its place in the stream.
  bool continues_group(const FrameInfo& frame);
  /// Whether the open group would read the next frame, so that it should be kept.
  bool wants_candidate();
  /// The open group's text holds on from `start` to `end` (stream time); `candidate`: a frame of it that may be read.
  void extend_group(uint64_t start, uint64_t end, std::optional<Candidate> candidate);
  /// Whether what is held for the open group takes half of what may be held: while it is read, the other half fills.
  bool is_group_due(uint64_t next_frame_size);
  /// No more frames belong to the open group.
  void close_group();
  SlotPtr open_group();
  /// Waits until `frame` may be held (never in `newest`), and holds it.  @return false: stopped.
  bool hold(HeldFrame frame);
  /// Puts `event` behind the frames that are held.  @return it, where none is
  EventPtr hold_event(EventPtr event);
  /// Waits until no frame is held.  @return false: stopped, or downstream refused a frame.
  bool drain();
  /// The newest finished reading, for a frame that goes at once.
  Delivery latest();
  void queue_event(EventPtr event);
  void queue_gap(uint64_t start, uint64_t end);
  /// A frame from `start` to `end` (stream time) shows the text of the last one admitted.  @return false: there is
  /// none.
  bool repeat_text(uint64_t start, uint64_t end);
  /// Frame `number` shows no text: it ends that of the frames before it, on this pad and on the frames that follow.
  void end_text(uint64_t number, uint64_t start, uint64_t end);
  /// Whether the last frame admitted came to no text that could be repeated.
  bool last_reading_failed();
  /// A segment begins.  `upstream_latency`: how late its frames come, nanoseconds.
  void begin_segment(bool live, uint64_t upstream_latency);
  /// Live: frames have reached this running time.  @return whether the text pad was told
  bool advance(uint64_t running_time);
  /// A new segment begins: earlier readings are no repeats for its frames.
  void forget_latest();
  SlotPtr last_admitted();

  // --- any thread
  /// Chooses what the open group reads first.  @return as admit(); nothing where that was chosen already.
  std::optional<Submission> decide_group(uint64_t* stale);
  /// How long a live text may take before the text pad's position passes its frame, nanoseconds.
  void set_latency(uint64_t latency);
  void set_upstream_latency(uint64_t latency);
  /// A sink may wait for anything at all before it is paused: the text pad sends a gap that says nothing.
  void nudge();
  /// Live: the pipeline clock has come to this running time.  @return whether the text pad was told
  bool tick(uint64_t running_time);
  /// @return false: a flush has made the request pointless.
  bool set_request_id(const SlotPtr& slot, uint64_t request_id);
  /// Stores the outcome of `slot`.  @return a submission that may go now.
  std::optional<Submission> finish(const SlotPtr& slot, Reading reading);
  /// Ends all waits, forgets everything in flight.  Also the way to stop.
  /// @return events that were held
  std::vector<EventPtr> flush_start();
  void flush_stop();
  /// The model cannot be used: waits end, flow() is an error.
  void fail();
  bool is_live();
  /// Whether a newer frame takes the place of one that waits.
  bool takes_newest();
  void set_video_flow(GstFlowReturn flow);
  void set_text_flow(GstFlowReturn flow);
  /// What upstream is told: both pads together.
  GstFlowReturn flow();
  template <typename Function>
  void count(Function&& function) {
    const std::lock_guard lock(mutex_);
    function(counters_);
  }
  struct Snapshot {
    Counters counters;
    size_t in_flight, held_frames, queued_texts;
    uint64_t held_bytes;
  };
  Snapshot snapshot();

  // --- video task
  /// Waits for the next frame to push, with its reading.  Call frame_pushed() or event_pushed() after it.
  /// @return nothing: stopped; or, where `*stalled` is set, it waits for an open group whose frames do not come:
  ///         decide_group() is due.
  std::optional<HeldFrame> take_frame(Delivery* delivery, bool* stalled);
  void frame_pushed(GstFlowReturn flow);
  void event_pushed();

  // --- text task
  /// Waits for what the text pad sends next.  @return nothing: stopped.
  /// @param open_cue  text is being kept back: an empty item then says that nothing more comes unless frames move on,
  ///                  and they may be waiting for that text.
  /// @param eager     texts are wanted before their end is known
  std::optional<TextItem> take_text(bool open_cue, bool eager = true);

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool stopped_locked() const { return flushing_ || failed_; }
  bool hold_has_room(const HeldFrame& frame) const;
  bool front_frame_ready(uint64_t now) const;
  bool hold_is_over() const;
  Delivery delivery_for(const HeldFrame& frame);
  Delivery latest_locked(bool mark);
  std::optional<Submission> place(Submission& submission, uint64_t* stale);
  std::optional<TextItem> front_text(bool eager);
  bool text_ready(bool eager) const;
  bool group_undecided() const { return open_group_ && !open_group_->group->reads; }
  bool wait_for_frames(Lock& lock);
  void continue_text(const SlotPtr& slot, uint64_t start, uint64_t end);
  std::optional<Submission> finish_group(const SlotPtr& slot, Reading reading);
  std::optional<Submission> settle(const SlotPtr& slot, Reading reading);
  std::optional<TextItem> live_position();
  bool reach(uint64_t running_time, uint64_t step);
  void drop(const SlotPtr& slot);
  void record(const Reading& reading);
  void trim_live_texts();

  std::mutex mutex_;  // leaf lock: nothing else is taken while it is held
  std::condition_variable changed_;
  Policy policy_;
  Counters counters_;
  bool flushing_ = false, failed_ = false;
  uint64_t epoch_ = 0; /**< raised by a flush: outcomes of earlier epochs are ignored */
  // readings
  size_t in_flight_ = 0;
  uint64_t results_ = 0;
  std::optional<Submission> waiting_;
  SlotPtr submitted_; /**< `newest`: the one in flight */
  SlotPtr latest_, last_admitted_;
  SlotPtr open_group_;
  uint64_t last_frame_ = 0;   /**< monotonic time at which the open group got one */
  uint64_t ended_before_ = 0; /**< readings of frames with a lower number are no longer shown */
  // video
  std::deque<HeldFrame> frames_;
  uint64_t frame_bytes_ = 0;
  bool pushing_ = false;
  GstFlowReturn video_flow_ = GST_FLOW_OK;
  // text
  std::deque<TextItem> texts_;
  size_t text_slots_ = 0;
  bool live_ = false, nudged_ = false;
  uint64_t upstream_latency_ = 0, latency_ = 0;
  uint64_t reached_ = kNoTime, told_ = kNoTime; /**< running times: of the live stream, and taken by the text task */
  GstFlowReturn text_flow_ = GST_FLOW_OK;
};

/// What a chain function returns when `video` and `text` were the last flows of the two pads: errors and flushing of
/// either, end of stream and not-linked only of both.
GstFlowReturn combine_flows(GstFlowReturn video, GstFlowReturn text);

/// Monotonic clock, nanoseconds.
uint64_t monotonic_now();

}  // namespace deepseekocr::plugin
