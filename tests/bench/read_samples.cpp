// SPDX-License-Identifier: MIT
// Reads a sample set through the real pipeline and writes one JSON line per answer, for scoring.
//
//   read-samples --truth truth.jsonl --out predictions.jsonl [--tier NAME]… [--frames DIR] [--element "PROPERTIES"]
//
// truth.jsonl lists the files (relative to itself) with their tier; the answers are {"file", "text", "seconds"} for
// still pictures, the same with "page" for PDF pages, and {"file", "text", "start", "end"} in nanoseconds of stream
// time for videos.  --frames stores what the element saw of each still picture as DIR/NAME.ppm, so that another reader
// can be given exactly the same pixels.
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path truth;
  std::filesystem::path out;
  std::filesystem::path frames;
  std::set<std::string> tiers;
  std::string element = "max-new-tokens=320 no-repeat-ngram-size=0";
};

struct Answer {
  std::string text;
  GstClockTime start = GST_CLOCK_TIME_NONE;
  GstClockTime end = GST_CLOCK_TIME_NONE;
};

std::optional<Options> parse_arguments(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 >= argc) return std::nullopt;
    const std::string value = argv[i + 1];
    if (name == "--truth") {
      options.truth = value;
    } else if (name == "--out") {
      options.out = value;
    } else if (name == "--frames") {
      options.frames = value;
    } else if (name == "--tier") {
      options.tiers.insert(value);
    } else if (name == "--element") {
      options.element = value;
    } else {
      return std::nullopt;
    }
  }
  if (options.truth.empty() || options.out.empty()) return std::nullopt;
  return options;
}

// Whether a PNG has an alpha channel: the colour type, byte 25, is 4 or 6.
bool is_transparent_png(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  char header[26] = {};
  return stream.read(header, sizeof header) && (header[25] == 4 || header[25] == 6);
}

// Whether a JPEG has four components: the tenth byte of its first frame header (markers C0 to CF but for three others).
bool is_cmyk_jpeg(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  stream.ignore(2);
  for (unsigned char head[4]; stream.read(reinterpret_cast<char*>(head), sizeof head);) {
    const unsigned marker = head[1];
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC)
      return stream.ignore(5).get() == 4;
    stream.ignore((head[2] << 8 | head[3]) - 2);
  }
  return false;
}

// The decoder of each still format, as the documentation gives them.
std::string decoder_of(const std::filesystem::path& file) {
  const std::string extension = file.extension().string();
  if (extension == ".png") return is_transparent_png(file) ? "pngdec ! compositor background=white" : "pngdec";
  if (extension == ".jpg")
    return is_cmyk_jpeg(file) ? "gdkpixbufdec" : "jpegparse ! jpegdec ! videoflip video-direction=auto";
  if (extension == ".webp") return "webpdec";
  if (extension == ".pdf") return "pdfdec dpi=150";
  if (extension == ".bmp" || extension == ".tiff" || extension == ".gif") return "gdkpixbufdec";
  return "decodebin";
}

std::string launch_line(const std::filesystem::path& file, const std::string& tier, const Options& options) {
  std::string element = "deepseekocr name=ocr " + options.element;
  std::string front = decoder_of(file) + " ! videoconvert ! video/x-raw,format=RGB";
  if (tier == "subtitles") {
    element += " text-format=subtitle area=0.0,0.667,1.0,0.333";
    front = "decodebin ! videoconvert";
  } else if (tier == "conveyor") {
    element += " inference-interval=6";
    front = "decodebin ! videoconvert";
  }
  return "filesrc location=\"" + file.string() + "\" ! " + front + " ! " + element +
         " ! fakesink name=video ocr.text ! appsink name=text sync=false max-buffers=0";
}

void write_ppm(const std::filesystem::path& path, GstSample* sample_caps_holder) {
  GstVideoInfo info;
  if (!gst_video_info_from_caps(&info, gst_sample_get_caps(sample_caps_holder))) return;
  GstVideoFrame frame;
  if (!gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample_caps_holder), GST_MAP_READ)) return;
  std::ofstream file(path, std::ios::binary);
  file << "P6\n" << info.width << " " << info.height << "\n255\n";
  const auto* pixels = static_cast<const char*>(GST_VIDEO_FRAME_PLANE_DATA(&frame, 0));
  for (int y = 0; y < info.height; ++y) {
    file.write(pixels + static_cast<gssize>(y) * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0), info.width * 3L);
  }
  gst_video_frame_unmap(&frame);
}

// Runs one pipeline to its end.  Returns nothing, with the bus error on stderr, if it failed.
std::optional<std::vector<Answer>> read_file(const std::string& line, const std::filesystem::path& frame_path) {
  GError* error = nullptr;
  GstElement* pipeline = gst_parse_launch(line.c_str(), &error);
  if (error != nullptr) {
    std::cerr << line << ": " << error->message << "\n";
    g_clear_error(&error);
    if (pipeline != nullptr) gst_object_unref(pipeline);
    return std::nullopt;
  }
  GstElement* sink = gst_bin_get_by_name(GST_BIN(pipeline), "text");
  gst_element_set_state(pipeline, GST_STATE_PLAYING);
  std::vector<Answer> answers;
  while (GstSample* sample = gst_app_sink_pull_sample(GST_APP_SINK(sink))) {
    GstBuffer* buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    Answer answer;
    if (gst_buffer_map(buffer, &map, GST_MAP_READ)) {
      answer.text.assign(reinterpret_cast<const char*>(map.data), map.size);
      gst_buffer_unmap(buffer, &map);
    }
    while (!answer.text.empty() && answer.text.back() == '\n') answer.text.pop_back();
    answer.start = GST_BUFFER_PTS(buffer);
    if (GST_BUFFER_DURATION_IS_VALID(buffer)) answer.end = answer.start + GST_BUFFER_DURATION(buffer);
    answers.push_back(std::move(answer));
    gst_sample_unref(sample);
  }
  if (!frame_path.empty()) {
    GstElement* video = gst_bin_get_by_name(GST_BIN(pipeline), "video");
    GstSample* last = nullptr;
    g_object_get(video, "last-sample", &last, nullptr);
    if (last != nullptr) {
      write_ppm(frame_path, last);
      gst_sample_unref(last);
    }
    gst_object_unref(video);
  }
  GstBus* bus = gst_element_get_bus(pipeline);
  GstMessage* message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
  if (message != nullptr) {
    gst_message_parse_error(message, &error, nullptr);
    std::cerr << line << ": " << error->message << "\n";
    g_clear_error(&error);
    gst_message_unref(message);
  }
  gst_object_unref(bus);
  gst_element_set_state(pipeline, GST_STATE_NULL);
  gst_object_unref(sink);
  gst_object_unref(pipeline);
  return message != nullptr ? std::nullopt : std::optional(answers);
}

void write_answers(std::ofstream& out, const std::string& file, const std::string& tier,
                   const std::vector<Answer>& answers, double seconds) {
  const bool video = tier == "subtitles" || tier == "conveyor";
  if (!video && !tier.starts_with("pdf")) {
    std::string text;
    for (const Answer& answer : answers) text += (text.empty() ? "" : "\n") + answer.text;
    out << Json{{"file", file}, {"text", text}, {"seconds", seconds}}.dump() << "\n";
    return;
  }
  for (const Answer& answer : answers) {
    Json line = {{"file", file}, {"text", answer.text}};
    if (video) {
      line["start"] = answer.start;
      if (answer.end != GST_CLOCK_TIME_NONE) line["end"] = answer.end;
    } else {
      line["page"] = answer.start / GST_SECOND + 1;  // pdfdec: one page a second
      line["seconds"] = seconds / static_cast<double>(answers.size());
    }
    out << line.dump() << "\n";
  }
}

int run(const Options& options) {
  std::ifstream truth(options.truth);
  std::ofstream out(options.out);
  if (!truth || !out) {
    std::cerr << "cannot open " << (truth ? options.out : options.truth) << "\n";
    return 1;
  }
  // One element that stays in READY keeps the model loaded from file to file: it must be of the same properties.
  GError* error = nullptr;
  GstElement* holder = gst_parse_launch(("deepseekocr " + options.element).c_str(), &error);
  if (error != nullptr || holder == nullptr) {
    std::cerr << (error != nullptr ? error->message : "no element") << ": run inside `meson devenv -C build`\n";
    g_clear_error(&error);
    if (holder != nullptr) gst_object_unref(holder);
    return 1;
  }
  gst_element_set_state(holder, GST_STATE_READY);
  std::set<std::string> done;
  int failed = 0;
  for (std::string line; std::getline(truth, line);) {
    const Json item = Json::parse(line);
    const std::string file = item["file"];
    const std::string tier = item["tier"];
    const bool wanted = options.tiers.empty() ? tier != "hostile" : options.tiers.contains(tier);
    if (!wanted || !done.insert(file).second) continue;
    const std::filesystem::path path = options.truth.parent_path() / file;
    const std::filesystem::path frame =
        options.frames.empty() ? std::filesystem::path() : options.frames / (path.stem().string() + ".ppm");
    const auto begin = std::chrono::steady_clock::now();
    const auto answers = read_file(launch_line(path, tier, options), frame);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (answers) {
      write_answers(out, file, tier, *answers, seconds);
    } else {
      ++failed;
    }
  }
  gst_element_set_state(holder, GST_STATE_NULL);
  gst_object_unref(holder);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const auto options = parse_arguments(argc, argv);
  if (!options) {
    std::cerr << "usage: read-samples --truth truth.jsonl --out predictions.jsonl [--tier NAME]... [--frames DIR] "
                 "[--element \"PROPERTIES\"]\n";
    return 2;
  }
  gst_init(nullptr, nullptr);
  const int status = run(*options);
  gst_deinit();
  return status;
}
