// SPDX-License-Identifier: MIT
// Four live streams for a long time, with seeks and reconnects: does memory grow, does text keep coming, is it late?
//
//   soak VIDEO [MINUTES]
//
// Two streams are cameras (a live source whose text changes each second) that are taken down and connected again; two
// play VIDEO at its own speed over and over, with seeks in between.  All share one engine.
#include <gst/gst.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kCamera =
    "videotestsrc is-live=true pattern=white ! video/x-raw,width=512,height=256,framerate=10/1 ! "
    "timeoverlay time-mode=running-time font-desc=Sans,36 valignment=center halignment=center ! videoconvert";
constexpr const char* kFile =
    "filesrc name=file ! decodebin ! videoconvert ! videorate ! video/x-raw,framerate=10/1 ! identity sync=true";
constexpr const char* kReader =
    " ! deepseekocr name=ocr threads=1 attach=latest drop=newest post-messages=false ! fakesink sync=false async=false "
    "ocr.text ! fakesink name=text signal-handoffs=true sync=false async=false";

/// Resident memory, in MiB.
double resident_memory() {
  long pages = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> pages >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

class Stream {
 public:
  Stream(std::string name, bool camera, const char* video) : name_(std::move(name)), camera_(camera) {
    GError* error = nullptr;
    pipeline_ = gst_parse_launch((std::string(camera ? kCamera : kFile) + kReader).c_str(), &error);
    if (error != nullptr) {
      std::fprintf(stderr, "%s\n", error->message);
      std::exit(2);
    }
    ocr_ = gst_bin_get_by_name(GST_BIN(pipeline_), "ocr");
    bus_ = gst_element_get_bus(pipeline_);
    if (!camera) {
      GstElement* file = gst_bin_get_by_name(GST_BIN(pipeline_), "file");
      g_object_set(file, "location", video, nullptr);
      gst_object_unref(file);
    }
    GstElement* text = gst_bin_get_by_name(GST_BIN(pipeline_), "text");
    g_signal_connect(text, "handoff", G_CALLBACK(count_text), this);
    gst_object_unref(text);
    gst_element_set_state(pipeline_, GST_STATE_PLAYING);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    gst_element_set_state(pipeline_, GST_STATE_NULL);
    gst_object_unref(bus_);
    gst_object_unref(ocr_);
    gst_object_unref(pipeline_);
  }

  /// A camera is unplugged and plugged in, a file is entered somewhere else.
  void disturb(std::mt19937& random) {
    ++disturbances_;
    if (camera_) {
      take_stats();
      gst_element_set_state(pipeline_, random() % 2 != 0 ? GST_STATE_READY : GST_STATE_NULL);
      gst_element_set_state(pipeline_, GST_STATE_PLAYING);
    } else {
      seek(random() % 12);
    }
  }

  /// @return false: the stream has failed.
  bool look() {
    while (GstMessage* message =
               gst_bus_pop_filtered(bus_, static_cast<GstMessageType>(GST_MESSAGE_ERROR | GST_MESSAGE_EOS))) {
      const bool failed = GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR;
      if (failed) {
        GError* error = nullptr;
        gst_message_parse_error(message, &error, nullptr);
        std::fprintf(stderr, "%s: %s\n", name_.c_str(), error->message);
        g_clear_error(&error);
      }
      gst_message_unref(message);
      if (failed) return false;
      seek(0);
    }
    return true;
  }

  void report() {
    take_stats();
    std::printf("%-9s frames %7" G_GUINT64_FORMAT "   readings %7" G_GUINT64_FORMAT "   given up %7" G_GUINT64_FORMAT
                "   not read by the gates %7" G_GUINT64_FORMAT "   texts %7" G_GUINT64_FORMAT
                "   worst delay %6.0f ms   %s %d\n",
                name_.c_str(), totals_.frames, totals_.readings, totals_.dropped, totals_.skipped, texts_.load(),
                static_cast<double>(totals_.worst) / 1e6, camera_ ? "reconnects" : "seeks", disturbances_);
  }

  uint64_t texts() const { return texts_; }

 private:
  struct Totals {
    guint64 frames = 0, readings = 0, dropped = 0, skipped = 0, worst = 0;
  };

  static void count_text(GstElement*, GstBuffer*, GstPad*, Stream* self) { ++self->texts_; }

  void seek(guint64 second) {
    const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT);
    gst_element_seek_simple(pipeline_, GST_FORMAT_TIME, flags, static_cast<gint64>(second * GST_SECOND));
  }

  /// Counters begin anew with each connection; called before one ends.
  void take_stats() {
    GstStructure* stats = nullptr;
    g_object_get(ocr_, "stats", &stats, nullptr);
    const auto add = [&](const char* field, guint64& total) {
      guint64 value = 0;
      gst_structure_get_uint64(stats, field, &value);
      total += value;
    };
    add("frames-in", totals_.frames);
    add("readings", totals_.readings);
    add("dropped", totals_.dropped);
    for (const char* gate : {"skipped-blank", "skipped-unchanged"}) add(gate, totals_.skipped);
    guint64 worst = 0;
    gst_structure_get_uint64(stats, "latency-max", &worst);
    totals_.worst = std::max(totals_.worst, worst);
    gst_structure_free(stats);
  }

  const std::string name_;
  const bool camera_;
  GstElement *pipeline_ = nullptr, *ocr_ = nullptr;
  GstBus* bus_ = nullptr;
  Totals totals_;
  std::atomic<uint64_t> texts_ = 0;
  int disturbances_ = 0;
};

/// Least squares through (minutes, MiB): MiB an hour.
double slope_per_hour(const std::vector<std::pair<double, double>>& points) {
  double n = 0, x = 0, y = 0, xx = 0, xy = 0;
  for (const auto& [minute, memory] : points) {
    n += 1;
    x += minute;
    y += memory;
    xx += minute * minute;
    xy += minute * memory;
  }
  const double determinant = n * xx - x * x;
  return determinant > 0 ? 60 * (n * xy - x * y) / determinant : 0;
}

class Soak {
 public:
  Soak(const char* video, double minutes) : minutes_(minutes) {
    for (int i = 0; i < 4; ++i) {
      const bool camera = i < 2;
      streams_.push_back(
          std::make_unique<Stream>((camera ? "camera " : "file ") + std::to_string(i % 2), camera, video));
    }
  }

  /// @return whether all streams lived, and brought text in the last tenth of the time.
  bool run() {
    // Ten seconds between two looks: a bus message is waited for, not slept for.
    GstBus* idle = gst_bus_new();
    bool alive = true;
    std::vector<uint64_t> texts_before_end;
    while (alive && elapsed() < minutes_) {
      gst_message_unref_if(gst_bus_timed_pop(idle, 5 * GST_SECOND));
      for (auto& stream : streams_) alive = stream->look() && alive;
      streams_[random_() % streams_.size()]->disturb(random_);
      memory_.emplace_back(elapsed(), resident_memory());
      if (texts_before_end.empty() && elapsed() > 0.9 * minutes_)
        for (auto& stream : streams_) texts_before_end.push_back(stream->texts());
    }
    gst_object_unref(idle);
    for (auto& stream : streams_) stream->report();
    print_memory();
    for (size_t i = 0; i < texts_before_end.size(); ++i) {
      if (streams_[i]->texts() > texts_before_end[i]) continue;
      std::fprintf(stderr, "stream %zu brought no text in the last tenth of the time\n", i);
      alive = false;
    }
    return alive;
  }

 private:
  static void gst_message_unref_if(GstMessage* message) {
    if (message != nullptr) gst_message_unref(message);
  }
  double elapsed() const { return std::chrono::duration<double>(Clock::now() - started_).count() / 60; }

  /// The first third fills caches and pools; what counts is what comes after it.
  void print_memory() const {
    if (memory_.empty()) return;
    const auto settled = std::vector<std::pair<double, double>>(memory_.begin() + memory_.size() / 3, memory_.end());
    const auto [least, most] = std::minmax_element(settled.begin(), settled.end(),
                                                   [](const auto& a, const auto& b) { return a.second < b.second; });
    std::printf(
        "resident memory after %.0f min: %.0f MiB, after the first third between %.0f and %.0f MiB, slope "
        "%+.1f MiB an hour\n",
        elapsed(), memory_.back().second, least->second, most->second, slope_per_hour(settled));
  }

  const double minutes_;
  const Clock::time_point started_ = Clock::now();
  std::mt19937 random_{1};
  std::vector<std::unique_ptr<Stream>> streams_;
  std::vector<std::pair<double, double>> memory_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: soak VIDEO [MINUTES]\n");
    return 2;
  }
  gst_init(nullptr, nullptr);
  bool passed = false;
  {
    Soak soak(argv[1], argc > 2 ? std::strtod(argv[2], nullptr) : 30);
    passed = soak.run();
  }
  std::printf("%s\n", passed ? "passed" : "FAILED");
  return passed ? 0 : 1;
}
