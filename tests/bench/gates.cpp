// SPDX-License-Identifier: MIT
// Measures the frame gate: what it costs, and what it lets through.
//
//   gates cost VIDEO                 time per 1280x720 frame, against videoscale to a half and to a quarter
//                                  of each side
//   gates truth TRUTH.jsonl          frames with and without text of a sample set that were let through
//
// VIDEO is any file that decodebin takes.  TRUTH.jsonl lists files (relative to itself) with their tier; pictures of
// the tiers strips, slips and camera hold text, those of the tier blank none; videos list `cues` with first_frame,
// end_frame and fade_frames.
#include <gst/app/gstappsink.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "deepseekocr/gate/frame_gate.h"
#include "deepseekocr/gate/mapped_luma.h"

namespace {

using deepseekocr::plugin::Decision;
using deepseekocr::plugin::FrameGate;
using deepseekocr::plugin::GateSettings;
using deepseekocr::plugin::MappedLuma;
using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double microseconds_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

/// Hands every frame of a pipeline that ends in `appsink name=sink` to `take` until it says false.
bool for_each_frame(const std::string& line, const std::function<bool(GstSample*)>& take) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
  if (error != nullptr) {
    std::cerr << line << ": " << error->message << "\n";
    g_clear_error(&error);
    return false;
  }
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "sink");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  bool more = true, any = false;
  while (more) {
    GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink));
    if (sample == nullptr) break;
    any = true;
    more = take(sample);
    gst_sample_unref(sample);
  }
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  if (!any) std::cerr << line << ": no frame\n";
  return any;
}

std::string decode_line(const std::filesystem::path& file, const std::string& caps) {
  return "filesrc location=\"" + file.string() + "\" ! decodebin ! videoconvert ! videoscale ! video/x-raw," + caps +
         " ! appsink name=sink sync=false max-buffers=4";
}

// ------------------------------------------------------------------------------------------------ cost

constexpr int kWidth = 1280, kHeight = 720, kFrames = 60;

/// Which frames of the video are taken, kFrames of the first 300.
struct Choice {
  const char* name;
  bool (*takes)(int index);
};

constexpr Choice kChoices[] = {
    {"every fifth frame, a fifth of a second apart at 25 frames a second", [](int index) { return index % 5 == 0; }},
    {"runs of twelve frames", [](int index) { return index % 60 < 12; }},
    {"one frame again and again", nullptr},
};

/// Where one frame is taken again and again, that is this one.
constexpr int kStandingFrame = 100;

std::vector<GstBuffer*> decode(const std::string& file, const std::string& format, const Choice& choice,
                               GstVideoInfo* info) {
  std::vector<GstBuffer*> frames;
  int index = 0;
  const std::string caps = "format=" + format + ",width=1280,height=720";
  for_each_frame(decode_line(file, caps), [&](GstSample* sample) {
    gst_video_info_from_caps(info, gst_sample_get_caps(sample));
    GstBuffer* frame = gst_sample_get_buffer(sample);
    if (choice.takes != nullptr ? choice.takes(index) : index == kStandingFrame) {
      do frames.push_back(gst_buffer_copy_deep(frame));
      while (choice.takes == nullptr && frames.size() < kFrames);
    }
    ++index;
    return frames.size() < kFrames;
  });
  return frames;
}

class Scaler {
 public:
  Scaler(const GstVideoInfo& info, int divisor) : harness_(gst_harness_new("videoscale")) {
    GstCaps* in = gst_video_info_to_caps(&info);
    GstCaps* out = gst_caps_copy(in);
    gst_caps_set_simple(out, "width", G_TYPE_INT, kWidth / divisor, "height", G_TYPE_INT, kHeight / divisor, nullptr);
    gst_harness_set_caps(harness_, in, out);
  }
  ~Scaler() { gst_harness_teardown(harness_); }
  Scaler(const Scaler&) = delete;
  Scaler& operator=(const Scaler&) = delete;

  double scale(GstBuffer* frame) {
    gst_buffer_ref(frame);
    const auto begin = Clock::now();
    const GstFlowReturn flow = gst_harness_push(harness_, frame);
    const double time = microseconds_since(begin);
    if (flow == GST_FLOW_OK) gst_buffer_unref(gst_harness_pull(harness_));
    return time;
  }

 private:
  GstHarness* harness_;
};

/// A gate, what it said, and how long it took.
struct TimedGate {
  FrameGate gate;
  std::vector<double> times;
  std::map<Decision, int> decisions;

  void examine(GstBuffer* frame, const GstVideoInfo& info, const DsocrRect& part) {
    const auto begin = Clock::now();
    const MappedLuma luma(frame, info);
    const Decision decision = gate.examine(GateSettings(), luma.view(part), part.x, part.y).decision;
    times.push_back(microseconds_since(begin));
    ++decisions[decision];
  }
};

DsocrRect area_of(const GstVideoInfo& info, bool bottom_third) {
  const int top = bottom_third ? info.height * 2 / 3 : 0;
  return {0, top, info.width, info.height - top};
}

/// Prints one row of the table.
void measure_frames(const char* format, const std::vector<GstBuffer*>& frames, const GstVideoInfo& info) {
  Scaler half(info, 2), quarter(info, 4);
  TimedGate whole, third;
  std::vector<double> halves, quarters;
  // Who comes first brings the frame into the caches: they take turns.
  int turn = 0;
  for (int round = 0; round < 8; ++round) {
    for (GstBuffer* frame : frames) {
      for (int i = 0; i < 3; ++i, ++turn) {
        if (turn % 3 == 0) whole.examine(frame, info, area_of(info, false));
        if (turn % 3 == 1) halves.push_back(half.scale(frame));
        if (turn % 3 == 2) quarters.push_back(quarter.scale(frame));
      }
      ++turn;
    }
    for (GstBuffer* frame : frames) third.examine(frame, info, area_of(info, true));
  }
  const double own = median(whole.times), to_half = median(halves), to_quarter = median(quarters);
  std::printf("| %s | %.0f us | %.0f us | %.2f | %.0f us | %.2f | %.0f us | %d, %d, %d |\n", format, own, to_half,
              own / to_half, to_quarter, own / to_quarter, median(third.times), whole.decisions[Decision::kRead],
              whole.decisions[Decision::kUnchanged], whole.decisions[Decision::kBlank]);
}

int measure_cost(const std::string& file) {
  for (const Choice& choice : kChoices) {
    std::printf("\n%s:\n\n", choice.name);
    std::printf(
        "| format | gates | videoscale /2 | ratio | videoscale /4 | ratio | gates, bottom third | "
        "read, unchanged, blank |\n|---|---|---|---|---|---|---|---|\n");
    for (const char* format : {"NV12", "I420", "YUY2", "RGB", "BGRx", "GRAY8"}) {
      GstVideoInfo info;
      const auto frames = decode(file, format, choice, &info);
      if (frames.empty()) return 1;
      measure_frames(format, frames, info);
      for (GstBuffer* frame : frames) gst_buffer_unref(frame);
    }
  }
  return 0;
}

// ------------------------------------------------------------------------------------------------ truth

struct Tally {
  int frames = 0, let_through = 0, readings = 0;
};
using Tallies = std::map<std::string, Tally>;

Decision judge(FrameGate& gate, GstSample* sample, bool bottom_third) {
  GstVideoInfo info;
  gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
  const MappedLuma luma(gst_sample_get_buffer(sample), info);
  return gate.examine(GateSettings(), luma.view(area_of(info, bottom_third)), 0, 0).decision;
}

void add(Tallies& tallies, const std::string& name, Decision decision) {
  Tally& tally = tallies[name];
  ++tally.frames;
  tally.let_through += decision != Decision::kBlank;
  tally.readings += decision == Decision::kRead;
}

/// "text", "fade" or "blank".
std::string kind_of_frame(const Json& item, int index) {
  for (const Json& cue : item["cues"]) {
    const int first = cue["first_frame"], end = cue["end_frame"], fade = cue["fade_frames"];
    if (index < first || index >= end) continue;
    return std::min(index - first, end - 1 - index) < fade ? "fade" : "text";
  }
  return "blank";
}

bool judge_video(const std::filesystem::path& file, const Json& item, Tallies& tallies) {
  FrameGate third, whole;
  int index = 0;
  return for_each_frame(decode_line(file, "format=I420"), [&](GstSample* sample) {
    const std::string kind = kind_of_frame(item, index++);
    add(tallies, "video, bottom third: " + kind, judge(third, sample, true));
    add(tallies, "video, whole frame: " + kind, judge(whole, sample, false));
    return true;
  });
}

int measure_truth(const std::filesystem::path& truth) {
  std::ifstream lines(truth);
  Tallies tallies;
  for (std::string line; std::getline(lines, line);) {
    const Json item = Json::parse(line);
    const std::string tier = item["tier"], name = item["file"];
    const std::filesystem::path file = truth.parent_path() / name;
    if (item.contains("cues")) {
      if (!judge_video(file, item, tallies)) return 1;
    } else if (tier == "strips" || tier == "slips" || tier == "camera" || tier == "blank") {
      FrameGate gate;
      const bool decoded = for_each_frame(decode_line(file, "format=I420"), [&](GstSample* sample) {
        const Decision decision = judge(gate, sample, false);
        add(tallies, "pictures: " + tier, decision);
        if ((decision == Decision::kBlank) != (tier == "blank")) std::printf("%s: not as it should be\n", name.c_str());
        return true;
      });
      if (!decoded) return 1;
    }
  }
  std::printf("| frames | number | let through | | read |\n|---|---|---|---|---|\n");
  for (const auto& [name, tally] : tallies)
    std::printf("| %s | %d | %d | %.1f %% | %d |\n", name.c_str(), tally.frames, tally.let_through,
                100.0 * tally.let_through / tally.frames, tally.readings);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  gst_init(nullptr, nullptr);
  const std::string what = argc == 3 ? argv[1] : "";
  if (what == "cost") return measure_cost(argv[2]);
  if (what == "truth") return measure_truth(argv[2]);
  std::cerr << "usage: gates cost VIDEO | gates truth TRUTH.jsonl\n";
  return 2;
}
