// SPDX-License-Identifier: MIT
// Everything that the threads of one element share between READY and PAUSED: readings in flight, frames held for their
// reading, text waiting for its pad.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>

#include "deepseekocr/slot.h"

namespace deepseekocr::plugin {

/// What a session does when readings come slower than frames.
struct Policy {
  bool exact = false;                 /**< frames wait for their own reading */
  bool newest = false;                /**< never wait: the newest admitted frame replaces the one that waits */
  bool live = false;                  /**< text positions follow the frames */
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
  uint64_t by_reason[DSOCR_FINISH_ERROR + 1] = {};
  uint64_t last_latency = 0, max_latency = 0, sum_latency = 0; /**< nanoseconds */
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
  /// Waits until `frame` may be held (never in `newest`), and holds it.  @return false: stopped.
  bool hold(HeldFrame frame);
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
  /// Live: frames have reached this stream time.
  void advance(uint64_t stream_time);
  /// A new segment begins: earlier readings are no repeats for its frames.
  void forget_latest();
  SlotPtr last_admitted();

  // --- any thread
  /// @return false: a flush has made the request pointless.
  bool set_request_id(const SlotPtr& slot, uint64_t request_id);
  /// Stores the outcome of `slot`.  @return a submission that may go now.
  std::optional<Submission> finish(const SlotPtr& slot, Reading reading);
  /// Ends all waits, forgets everything in flight.  Also the way to stop.
  void flush_start();
  void flush_stop();
  /// The model cannot be used: waits end, flow() is an error.
  void fail();
  bool is_live();
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
  /// Waits for the next frame to push, with its reading.  @return nothing: stopped.  Call frame_pushed() after it.
  std::optional<HeldFrame> take_frame(Delivery* delivery);
  void frame_pushed(GstFlowReturn flow);

  // --- text task
  /// Waits for what the text pad sends next.  @return nothing: stopped.
  /// @param open_cue  text is being kept back: an empty item then says that nothing more comes unless frames move on,
  ///                  and they may be waiting for that text.
  std::optional<TextItem> take_text(bool open_cue);

 private:
  using Lock = std::unique_lock<std::mutex>;
  bool stopped_locked() const { return flushing_ || failed_; }
  bool hold_has_room(const HeldFrame& frame) const;
  bool front_frame_ready(uint64_t now) const;
  bool hold_is_over() const;
  Delivery delivery_for(const HeldFrame& frame);
  Delivery latest_locked(bool mark);
  std::optional<TextItem> front_text();
  std::optional<TextItem> live_gap();
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
  uint64_t ended_before_ = 0; /**< readings of frames with a lower number are no longer shown */
  // video
  std::deque<HeldFrame> frames_;
  uint64_t frame_bytes_ = 0;
  bool pushing_ = false;
  GstFlowReturn video_flow_ = GST_FLOW_OK;
  // text
  std::deque<TextItem> texts_;
  size_t text_slots_ = 0;
  uint64_t live_position_ = kNoTime, gap_position_ = kNoTime;
  GstFlowReturn text_flow_ = GST_FLOW_OK;
};

/// What a chain function returns when `video` and `text` were the last flows of the two pads: errors and flushing of
/// either, end of stream and not-linked only of both.
GstFlowReturn combine_flows(GstFlowReturn video, GstFlowReturn text);

/// Monotonic clock, nanoseconds.
uint64_t monotonic_now();

}  // namespace deepseekocr::plugin
