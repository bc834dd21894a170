// SPDX-License-Identifier: MIT
#include "options.h"

#include <glib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

namespace subtitles {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kAreas = {{
    {"bottom-third", "0.0,0.66,1.0,0.34"},
    {"bottom-half", "0.0,0.5,1.0,0.5"},
    {"top-third", "0.0,0.0,1.0,0.34"},
    {"top-half", "0.0,0.0,1.0,0.5"},
    {"full", ""},
}};

constexpr std::array<std::string_view, 6> kEndings = {"srt", "vtt", "mkv", "mp4", "m4v", "mov"};

constexpr const char* kSummary =
    "Reads the subtitles that are part of a video's picture and writes them as a subtitle file, or as a\n"
    "subtitle track beside the untouched streams of the video.\n\n"
    "  deepseekocr-subtitles movie.mp4                          writes movie.srt\n"
    "  deepseekocr-subtitles -o movie.vtt -o copy.mkv movie.mp4 a WebVTT file, and a copy with a track";

/// What GLib fills; freed at the end.
struct RawOptions {
  gchar** outputs = nullptr;
  gchar** inputs = nullptr;
  gchar *area = nullptr, *from = nullptr, *to = nullptr, *language = nullptr, *model = nullptr, *prompt = nullptr;
  gint confirm_reads = 2;
  gint vote_reads = 5;
  gboolean keep_phantoms = FALSE, quiet = FALSE;

  RawOptions() = default;
  RawOptions(const RawOptions&) = delete;
  RawOptions& operator=(const RawOptions&) = delete;
  ~RawOptions() {
    g_strfreev(outputs);
    g_strfreev(inputs);
    for (gchar* text : {area, from, to, language, model, prompt}) g_free(text);
  }
};

bool parse_raw(int* argc, char*** argv, RawOptions& raw, std::string* error) {
  const GOptionEntry entries[] = {
      {"output", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &raw.outputs,
       "Write FILE: .srt, .vtt, or .mkv, .mp4, .m4v, .mov for a copy of the video with a track; may be repeated "
       "(default: the input's name with .srt)",
       "FILE"},
      {"area", 'a', 0, G_OPTION_ARG_STRING, &raw.area,
       "bottom-third (default), bottom-half, top-third, top-half, full, or x,y,width,height in fractions or pixels",
       "AREA"},
      {"from", 0, 0, G_OPTION_ARG_STRING, &raw.from, "Begin at TIME: [[hours:]minutes:]seconds[.fraction]", "TIME"},
      {"to", 0, 0, G_OPTION_ARG_STRING, &raw.to, "End at TIME", "TIME"},
      {"language", 'l', 0, G_OPTION_ARG_STRING, &raw.language, "ISO 639 code of the track's language", "CODE"},
      {"model", 'm', 0, G_OPTION_ARG_FILENAME, &raw.model, "Folder of the checkpoint (default: the bundled one)",
       "DIR"},
      {"prompt", 'p', 0, G_OPTION_ARG_STRING, &raw.prompt, "What the model is asked (default: the model's own)",
       "TEXT"},
      {"vote-reads", 0, 0, G_OPTION_ARG_INT, &raw.vote_reads,
       "How often a cue that is not read surely may be read, 1 to 9 (default 5)", "N"},
      {"confirm-reads", 0, 0, G_OPTION_ARG_INT, &raw.confirm_reads,
       "How many frames of a cue must read the same, 1 or 2 (default 2)", "N"},
      {"keep-phantoms", 0, 0, G_OPTION_ARG_NONE, &raw.keep_phantoms,
       "Keep cues of hardly more than signs that no second frame confirms", nullptr},
      {"quiet", 'q', 0, G_OPTION_ARG_NONE, &raw.quiet, "No progress bar", nullptr},
      {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &raw.inputs, nullptr, "VIDEO"},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr},
  };
  g_autoptr(GOptionContext) context = g_option_context_new(nullptr);
  g_option_context_set_summary(context, kSummary);
  g_option_context_add_main_entries(context, entries, nullptr);
  g_autoptr(GError) failure = nullptr;
  if (g_option_context_parse(context, argc, argv, &failure)) return true;
  *error = failure->message;
  return false;
}

std::string text_of(const gchar* text) {
  return text != nullptr ? text : "";
}

bool set_time(const gchar* text, const char* name, std::optional<uint64_t>& time, std::string* error) {
  if (text == nullptr) return true;
  time = parse_time(text);
  if (!time) *error = std::string("--") + name + "=" + text + " is no time; write for example 1:02:03.5";
  return time.has_value();
}

namespace fs = std::filesystem;

/// Whether `output` can be written as far as its name tells; better known now than after an hour of reading.
bool check_output(const std::string& input, const std::string& output, std::string* error) {
  std::error_code ignored;
  const fs::path folder = fs::path(output).parent_path();
  if (std::find(kEndings.begin(), kEndings.end(), ending(output)) == kEndings.end())
    *error = "the ending of " + output + " is none of .srt, .vtt, .mkv, .mp4, .m4v, .mov";
  else if (fs::equivalent(input, output, ignored))
    *error = output + " is the input; name another file";
  else if (!folder.empty() && !fs::is_directory(folder, ignored))
    *error = "the folder of " + output + " does not exist; make it first";
  return error->empty();
}

bool set_files(const RawOptions& raw, Options& options, std::string* error) {
  std::error_code ignored;
  if (raw.inputs == nullptr || raw.inputs[0] == nullptr || raw.inputs[1] != nullptr) {
    *error = "give one video file (see --help)";
    return false;
  }
  options.input = raw.inputs[0];
  if (!fs::is_regular_file(options.input, ignored)) {
    *error = options.input + " does not exist or is no file";
    return false;
  }
  for (gchar** output = raw.outputs; output != nullptr && *output != nullptr; ++output)
    options.outputs.emplace_back(*output);
  if (options.outputs.empty()) options.outputs.push_back(fs::path(options.input).replace_extension(".srt").string());
  return std::all_of(options.outputs.begin(), options.outputs.end(),
                     [&](const std::string& output) { return check_output(options.input, output, error); });
}

bool convert(const RawOptions& raw, Options& options, std::string* error) {
  if (!set_files(raw, options, error) || !set_time(raw.from, "from", options.from, error) ||
      !set_time(raw.to, "to", options.to, error))
    return false;
  if (options.to && *options.to <= options.from.value_or(0)) {
    *error = "--to must be later than --from";
    return false;
  }
  const auto area = parse_area(raw.area != nullptr ? raw.area : "bottom-third");
  if (!area) {
    *error = "--area=" + text_of(raw.area) + " is neither a preset nor x,y,width,height (see --help)";
    return false;
  }
  if (raw.confirm_reads < 1 || raw.confirm_reads > 2) {
    *error = "--confirm-reads must be 1 or 2";
    return false;
  }
  if (raw.vote_reads < 1 || raw.vote_reads > 9) {
    *error = "--vote-reads must be 1 to 9";
    return false;
  }
  options.area = *area;
  options.language = text_of(raw.language);
  options.model = text_of(raw.model);
  options.prompt = text_of(raw.prompt);
  options.confirm_reads = raw.confirm_reads;
  options.vote_reads = raw.vote_reads;
  options.keep_phantoms = raw.keep_phantoms != FALSE;
  options.quiet = raw.quiet != FALSE;
  return true;
}

}  // namespace

std::string ending(const std::string& path) {
  std::string text = std::filesystem::path(path).extension().string();
  if (!text.empty()) text.erase(0, 1);
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::optional<uint64_t> parse_time(const std::string& text) {
  double seconds = 0;
  const char* rest = text.c_str();
  for (int part = 0; part < 3; ++part) {
    if (std::isdigit(static_cast<unsigned char>(*rest)) == 0) return std::nullopt;
    char* end = nullptr;
    const double value = g_ascii_strtod(rest, &end);
    if (!std::isfinite(value) || value > 1e6) return std::nullopt;
    seconds = seconds * 60 + value;
    if (*end == '\0') return static_cast<uint64_t>(std::llround(seconds * 1e9));
    if (*end != ':') return std::nullopt;
    rest = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string> parse_area(const std::string& text) {
  for (const auto& [name, area] : kAreas)
    if (text == name) return std::string(area);
  const bool numbers = !text.empty() && text.find_first_not_of("0123456789.,-+ ") == std::string::npos;
  if (!numbers || std::count(text.begin(), text.end(), ',') != 3) return std::nullopt;
  return text;
}

std::optional<Options> parse_options(int* argc, char*** argv, int* exit_status) {
  RawOptions raw;
  Options options;
  std::string error;
  if (parse_raw(argc, argv, raw, &error) && convert(raw, options, &error)) return options;
  g_printerr("deepseekocr-subtitles: %s.\n", error.c_str());
  *exit_status = 2;
  return std::nullopt;
}

}  // namespace subtitles
