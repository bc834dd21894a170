// SPDX-License-Identifier: MIT
// An element between harnesses, and the fake engine's control.
#pragma once

#include <gst/check/gstharness.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "fake_engine.h"

namespace deepseekocr::test {

/// Control of the engine library that $DEEPSEEKOCR_ENGINE names, the same that the element opens.
const DsocrFakeControl& fake();

/// Resets the fake engine before each test.
class OcrTest : public testing::Test {
 protected:
  void SetUp() override { fake().reset(); }
  void TearDown() override { fake().reset(); }
};

struct Unref {
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstEvent* event) const { gst_event_unref(event); }
  void operator()(GstMessage* message) const { gst_message_unref(message); }
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
};
using Buffer = std::unique_ptr<GstBuffer, Unref>;
using Event = std::unique_ptr<GstEvent, Unref>;
using Caps = std::unique_ptr<GstCaps, Unref>;
using Message = std::unique_ptr<GstMessage, Unref>;

constexpr int kWidth = 16, kHeight = 8;
constexpr const char* kCaps = "video/x-raw,format=GRAY8,width=16,height=8,framerate=10/1";
constexpr GstClockTime kFrame = 100 * GST_MSECOND;

/// Each frame is read and sent on its own, so that a test sees what became of it.  A default that tests may override.
constexpr const char* kEveryFrame = "text-timing=immediate";

/// A grey frame; `index` gives its time at ten frames a second.
GstBuffer* gray_frame(int luma, guint64 index);

/// Text of a buffer.
std::string text_of(GstBuffer* buffer);

/// The text of GstDeepseekOcrMeta, "-" where there is none.
std::string meta_text(GstBuffer* buffer);

/// A playing element with a harness on each pad.
class Ocr {
 public:
  /// @param properties  as in a launch line.
  /// @param live        what upstream answers.
  explicit Ocr(const std::string& properties = "", bool live = false, const char* caps = kCaps);
  ~Ocr();
  Ocr(const Ocr&) = delete;
  Ocr& operator=(const Ocr&) = delete;

  GstFlowReturn push(int luma, guint64 index) { return gst_harness_push(video, gray_frame(luma, index)); }
  bool push_event(GstEvent* event) { return gst_harness_push_event(video, event); }
  Buffer pull_video() { return Buffer(gst_harness_pull(video)); }
  Buffer pull_text() { return Buffer(gst_harness_pull(text)); }
  /// The next event of the text pad that is no GAP.
  Event pull_text_event();
  /// The next message of these types, waits for it.
  Message wait_message(GstMessageType types);
  /// The next message of these types among those that were posted already.
  Message pop_message(GstMessageType types);
  guint64 stat(const char* name);

  GstElement* element;
  GstHarness* video;
  GstHarness* text;
  GstBus* bus;
};

/// Runs a launch line to its end.  @return the sentence of its ERROR, empty at EOS.
std::string run_pipeline(const std::string& description);

/// What a run left in a file.
std::string read_file(const std::string& path);

/// A folder that is removed with what is in it.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace deepseekocr::test
