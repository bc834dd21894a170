// SPDX-License-Identifier: MIT
//
// Runs a pipeline that ends in `fakesink name=sink` and keeps what came out of it.
#ifndef DEEPSEEKOCR_TESTS_GST_PDFDEC_PLAYER_H
#define DEEPSEEKOCR_TESTS_GST_PDFDEC_PLAYER_H

#include <gst/gst.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

// One buffer that reached the sink.
struct Frame {
  GstClockTime pts = GST_CLOCK_TIME_NONE;
  GstClockTime duration = GST_CLOCK_TIME_NONE;
  guint64 offset = GST_BUFFER_OFFSET_NONE;
  bool discont = false;
  int page = 0;   // of the page meta
  int pages = 0;  // of the page meta
  double dpi = 0;
  std::string label;
  std::string format;
  int width = 0;
  int height = 0;
  int fps_n = 0;
  int fps_d = 0;
  std::vector<uint8_t> pixels;  // the bytes of the buffer, where they are kept
};

// One WARNING or ERROR message.
struct Report {
  GQuark domain = 0;
  int code = 0;
  std::string text;
};

class Player {
 public:
  // `launch` is a gst-launch line.
  explicit Player(const std::string& launch, bool keep_pixels = false);
  ~Player();
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  // Plays until end of stream, segment-done or an error, then goes to NULL.  False on error.
  bool play();

  // Goes to PAUSED and waits for it.  False on error or where `timeout` passed (a hang).
  bool preroll(GstClockTime timeout = 30 * GST_SECOND);

  // From PAUSED or PLAYING on to end of stream, segment-done or an error.  False on error.  With a `seqnum` only the
  // end of what that seek began counts: of seeks made while playing, earlier ones may have come to their end as well.
  bool play_to_end(guint32 seqnum = GST_SEQNUM_INVALID);

  void stop();

  GstElement* pipeline() { return pipeline_; }
  GstElement* element(const char* name);  // not owned

  std::vector<Frame> frames();
  std::vector<int> pages();  // of the frames
  void clear_frames();

  const std::vector<Report>& errors() const { return errors_; }
  const std::vector<Report>& warnings() const { return warnings_; }
  const std::string& title() const { return title_; }
  const std::string& author() const { return author_; }
  bool segment_done() const { return segment_done_; }

 private:
  static void on_handoff(GstElement* sink, GstBuffer* buffer, GstPad* pad, gpointer self);
  bool handle(GstMessage* message);  // true: the end

  GstElement* pipeline_ = nullptr;
  bool keep_pixels_;
  std::mutex mutex_;  // guards frames_, which the streaming thread fills
  std::vector<Frame> frames_;
  std::vector<Report> errors_;
  std::vector<Report> warnings_;
  std::string title_;
  std::string author_;
  bool segment_done_ = false;
};

#endif  // DEEPSEEKOCR_TESTS_GST_PDFDEC_PLAYER_H
