// SPDX-License-Identifier: MIT
// What the element costs a frame that is not read: a live stream of 1280x720 at 30 frames a second goes through
// `deepseekocr attach=latest` with the gates off, while the engine is busy, and through `identity`, in one run.
//
//   overhead FAKE_ENGINE PLUGIN_FOLDER [SECONDS]
//
// Prints, for both, the time between a frame's arrival at the sink pad and its push from the source pad, and how evenly
// frames leave.
#include <dlfcn.h>
#include <gst/gst.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "fake_engine.h"

namespace {

using Clock = std::chrono::steady_clock;

/// How long the fake engine works on a reading, in milliseconds.
constexpr int kReading = 120;

/// The first frames load caches and make threads.
constexpr size_t kWarmUp = 30;

double microseconds(Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

/// When frames came to an element and left it.  One thread writes: that of the stream.
class Stopwatch {
 public:
  explicit Stopwatch(GstElement* element) {
    watch(element, "sink", arrived_);
    watch(element, "src", left_);
  }

  void print(const char* name) const {
    std::vector<double> inside, intervals;
    for (size_t i = kWarmUp; i < std::min(arrived_.size(), left_.size()); ++i) {
      inside.push_back(microseconds(left_[i] - arrived_[i]));
      intervals.push_back(std::fabs(microseconds(left_[i] - left_[i - 1]) - 1e6 / 30));
    }
    std::printf(
        "%-12s %6zu frames   inside: median %7.1f us, p95 %7.1f us, worst %8.1f us   "
        "off the beat: median %7.1f us, p95 %8.1f us\n",
        name, inside.size(), part_of(inside, 0.5), part_of(inside, 0.95), part_of(inside, 1), part_of(intervals, 0.5),
        part_of(intervals, 0.95));
  }

 private:
  static void watch(GstElement* element, const char* pad_name, std::vector<Clock::time_point>& times) {
    GstPad* pad = gst_element_get_static_pad(element, pad_name);
    times.reserve(100'000);
    gst_pad_add_probe(
        pad, GST_PAD_PROBE_TYPE_BUFFER,
        [](GstPad*, GstPadProbeInfo*, gpointer data) {
          static_cast<std::vector<Clock::time_point>*>(data)->push_back(Clock::now());
          return GST_PAD_PROBE_OK;
        },
        &times, nullptr);
    gst_object_unref(pad);
  }

  static double part_of(std::vector<double> values, double part) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return values[static_cast<size_t>(part * static_cast<double>(values.size() - 1))];
  }

  std::vector<Clock::time_point> arrived_, left_;
};

/// A reading takes its time.  Not the processor's: two streams of pictures share it, and what is measured is the
/// element.
void answer_slowly(void*, const DsocrFakeRequest*, DsocrFakeAnswer* answer) {
  std::this_thread::sleep_for(std::chrono::milliseconds(kReading));
  std::snprintf(answer->text, sizeof answer->text, "text");
}

void set_up_engine(const char* path) {
  setenv("DEEPSEEKOCR_ENGINE", path, 1);
  setenv("DEEPSEEKOCR_MODEL", ".", 1);  // must exist; the fake engine reads nothing of it
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void* symbol = library != nullptr ? dlsym(library, DSOCR_FAKE_CONTROL_SYMBOL) : nullptr;
  if (symbol == nullptr) {
    std::fprintf(stderr, "%s is not the fake engine of the tests\n", path);
    std::exit(2);
  }
  reinterpret_cast<DsocrFakeControlFunction>(symbol)()->set_answer(answer_slowly, nullptr);
}

GstElement* make_pipeline() {
  // Two sources of one clock: each branch is a thread of its own.
  const std::string source =
      "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=1280,height=720,framerate=30/1 ! ";
  GError* error = nullptr;
  GstElement* pipeline =
      gst_parse_launch((source + "identity name=plain ! fakesink sync=false " + source +
                        "deepseekocr name=ocr attach=latest skip-blank=false change-threshold=0 post-messages=false ! "
                        "fakesink sync=false ocr.text ! fakesink sync=false async=false")
                           .c_str(),
                       &error);
  if (error != nullptr) {
    std::fprintf(stderr, "%s\n", error->message);
    std::exit(2);
  }
  return pipeline;
}

void play(GstElement* pipeline, guint64 seconds) {
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_timed_pop_filtered(bus, seconds * GST_SECOND, GST_MESSAGE_ERROR);
  if (message != nullptr) {
    GError* error = nullptr;
    gst_message_parse_error(message, &error, nullptr);
    std::fprintf(stderr, "%s\n", error->message);
    std::exit(1);
  }
  gst_object_unref(bus);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: overhead FAKE_ENGINE PLUGIN_FOLDER [SECONDS]\n");
    return 2;
  }
  setenv("GST_PLUGIN_PATH_1_0", argv[2], 1);
  gst_init(nullptr, nullptr);
  set_up_engine(argv[1]);
  GstElement* pipeline = make_pipeline();
  GstElement* plain = gst_bin_get_by_name(GST_BIN(pipeline), "plain");
  GstElement* ocr = gst_bin_get_by_name(GST_BIN(pipeline), "ocr");
  {
    const Stopwatch plain_watch(plain), ocr_watch(ocr);
    play(pipeline, argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 30);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    plain_watch.print("identity");
    ocr_watch.print("deepseekocr");
  }
  gst_object_unref(plain);
  gst_object_unref(ocr);
  gst_object_unref(pipeline);
  return 0;
}
