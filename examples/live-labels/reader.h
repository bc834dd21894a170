// SPDX-License-Identifier: MIT
// The pipeline: source ! videorate ! zxing ! deepseekocr, and what its messages say.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <memory>
#include <string>

#include "label_tracker.h"
#include "options.h"
#include "sharpness.h"

namespace live_labels {

/// Reads an input to its end, or until it is interrupted.  Everything but the frames' sharpness happens on the thread
/// that calls run().
class LabelReader {
 public:
  /// @param tracker told of reads and barcodes; outlives this object
  /// @throws std::runtime_error with one sentence: an element or the input is missing
  LabelReader(const Options& options, LabelTracker& tracker);
  ~LabelReader();
  LabelReader(const LabelReader&) = delete;
  LabelReader& operator=(const LabelReader&) = delete;

  /// Runs until the end of the input, SIGINT or SIGTERM.  @throws std::runtime_error with the sentence of an ERROR
  void run();

 private:
  GstElement* make_source();
  GstElement* make_analysis();
  void add_probes(GstElement* analysis);
  bool has_barcodes() const;
  static void on_pad(GstElement* source, GstPad* pad, gpointer analysis);
  static void on_no_more_pads(GstElement* source, gpointer analysis);
  static GstPadProbeReturn on_frame(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static GstPadProbeReturn on_text_event(GstPad* pad, GstPadProbeInfo* info, gpointer self);
  static gboolean on_message(GstBus* bus, GstMessage* message, gpointer self);
  static gboolean on_signal(gpointer self);
  void handle(GstMessage* message);
  void handle_reading(const GstStructure* reading);
  void handle_barcode(const GstStructure* barcode);
  void handle_position(const GstStructure* position);

  const Options options_;
  LabelTracker& tracker_;
  SharpnessLog sharpness_;
  GstElement* pipeline_ = nullptr;
  GMainLoop* loop_ = nullptr;
  std::string error_;
  uint64_t longest_latency_ = 0;
};

}  // namespace live_labels
