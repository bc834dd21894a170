// SPDX-License-Identifier: MIT
//
// Sends one frame with a reading through ocroverlay and looks at its pixels.
#ifndef DEEPSEEKOCR_TESTS_GST_OCROVERLAY_PAINTER_H
#define DEEPSEEKOCR_TESTS_GST_OCROVERLAY_PAINTER_H

#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <cstdint>
#include <string>
#include <vector>

struct TestRegion {
  std::string kind;
  std::string label;
  std::string text;
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;
};

struct TestReading {
  std::string text;
  int width = 0;
  int height = 0;
  std::vector<TestRegion> regions;
};

// Writes `reading` into a GstDeepseekOcrMeta on `buffer`.
void attach_reading(GstBuffer* buffer, const TestReading& reading);

class Painter {
 public:
  // Frames of this size and format; `properties` as on a gst-launch line.
  Painter(const std::string& format, int width, int height, const std::string& properties = "");
  ~Painter();
  Painter(const Painter&) = delete;
  Painter& operator=(const Painter&) = delete;

  // A grey frame, every byte 0x80.
  GstBuffer* make_frame(GstClockTime pts = 0);

  // Pushes `frame` and keeps what comes out.  False where nothing does.
  bool paint(GstBuffer* frame);
  bool paint(const TestReading& reading, GstClockTime pts = 0);

  // Of the frame that came out last: number of bytes that are no longer 0x80, in the whole frame or in a part of it
  // (packed formats of 32 bits only).
  size_t painted() const;
  size_t painted(int x, int y, int width, int height) const;

  // The pixel at (x, y) as 0xRRGGBB; BGRx only.
  uint32_t pixel(int x, int y) const;

  // Writes the frame as a PNG; BGRx only.  For people.
  void save(const std::string& path) const;

  void set(const char* property, const char* value);
  GstHarness* harness() { return harness_; }

 private:
  GstHarness* harness_;
  GstVideoInfo info_;
  std::vector<uint8_t> pixels_;
};

#endif  // DEEPSEEKOCR_TESTS_GST_OCROVERLAY_PAINTER_H
