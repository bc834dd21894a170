// SPDX-License-Identifier: MIT
#include "options.h"

#include <glib.h>
#include <gst/gst.h>

#include <cmath>
#include <memory>
#include <stdexcept>

namespace live_labels {
namespace {

// Where GOption stores; strings are its own.
struct Values {
  gchar* input = nullptr;
  gchar* area = nullptr;
  gchar* model = nullptr;
  gchar* device = nullptr;
  gint rate = 5;
  gint min_reads = 2;
  gdouble cooldown = 10;
  gdouble gone_after = 1;
  gboolean numbers_only = FALSE;
  gboolean all_states = FALSE;
  gboolean no_barcodes = FALSE;
  gboolean verbose = FALSE;

  Values() = default;
  Values(const Values&) = delete;
  Values& operator=(const Values&) = delete;
  ~Values() {
    for (gchar* text : {input, area, model, device}) g_free(text);
  }
};

std::string string_or_empty(const gchar* text) {
  return text != nullptr ? text : "";
}

uint64_t nanoseconds(const char* option, double seconds) {
  constexpr double kMost = 86400;
  if (!std::isfinite(seconds) || seconds < 0 || seconds > kMost) {
    throw std::runtime_error(std::string(option) + " must be 0 to 86400 seconds.");
  }
  return static_cast<uint64_t>(seconds * 1e9);
}

int in_range(const char* option, int value, int least, int most) {
  if (value >= least && value <= most) return value;
  throw std::runtime_error(std::string(option) + " is " + std::to_string(value) + ", but must be " +
                           std::to_string(least) + " to " + std::to_string(most) + ".");
}

void parse(GOptionContext* context, int* argc, char*** argv, Values& values) {
  const GOptionEntry entries[] = {
      {"input", 'i', 0, G_OPTION_ARG_STRING, &values.input,
       "A file, v4l2:/dev/video0, rtsp://..., or videotest (ten seconds of a test picture)", "INPUT"},
      {"area", 'a', 0, G_OPTION_ARG_STRING, &values.area,
       "Part of the picture that is read: x,y,width,height in pixels or in fractions with a dot", "AREA"},
      {"model", 'm', 0, G_OPTION_ARG_FILENAME, &values.model, "Folder of the checkpoint (default: the bundled one)",
       "DIR"},
      {"device", 0, 0, G_OPTION_ARG_STRING, &values.device, "Where the model runs: auto, cpu, cuda:N", "DEVICE"},
      {"rate", 'r', 0, G_OPTION_ARG_INT, &values.rate, "Frames a second that are read at most (default 5)", "N"},
      {"min-reads", 'n', 0, G_OPTION_ARG_INT, &values.min_reads,
       "Reads that must agree before they are believed (default 2)", "N"},
      {"cooldown", 'c', 0, G_OPTION_ARG_DOUBLE, &values.cooldown,
       "Seconds for which a label that has left is not told again (default 10)", "S"},
      {"gone-after", 'g', 0, G_OPTION_ARG_DOUBLE, &values.gone_after,
       "Seconds out of sight after which a label has left (default 1)", "S"},
      {"numbers-only", 0, 0, G_OPTION_ARG_NONE, &values.numbers_only,
       "Leave out labels without a believed shipment number", nullptr},
      {"all-states", 0, 0, G_OPTION_ARG_NONE, &values.all_states,
       "Print a label when it is first known and when it improves, not only in the end", nullptr},
      {"no-barcodes", 0, 0, G_OPTION_ARG_NONE, &values.no_barcodes, "Do not look for barcodes", nullptr},
      {"verbose", 'v', 0, G_OPTION_ARG_NONE, &values.verbose, "Print every read to standard error", nullptr},
      {nullptr, 0, 0, G_OPTION_ARG_NONE, nullptr, nullptr, nullptr}};
  g_option_context_add_main_entries(context, entries, nullptr);
  g_option_context_add_group(context, gst_init_get_option_group());
  GError* error = nullptr;
  if (g_option_context_parse(context, argc, argv, &error)) return;
  const std::string sentence = error->message;
  g_clear_error(&error);
  throw std::runtime_error(sentence + "; see --help.");
}

}  // namespace

void parse_options(int* argc, char*** argv, Options* options) {
  Values values;
  const std::unique_ptr<GOptionContext, decltype(&g_option_context_free)> context(
      g_option_context_new("- one JSON line for each parcel that passes a camera"), g_option_context_free);
  parse(context.get(), argc, argv, values);
  if (*argc > 1) throw std::runtime_error(std::string("\"") + (*argv)[1] + "\" is no option; see --help.");
  options->input = string_or_empty(values.input);
  if (options->input.empty()) throw std::runtime_error("--input is missing: name a file, a camera or videotest.");
  options->area = string_or_empty(values.area);
  options->model = string_or_empty(values.model);
  options->device = string_or_empty(values.device);
  options->rate = in_range("--rate", values.rate, 1, 240);
  options->all_states = values.all_states != FALSE;
  options->barcodes = values.no_barcodes == FALSE;
  options->verbose = values.verbose != FALSE;
  options->tracker.min_reads = static_cast<size_t>(in_range("--min-reads", values.min_reads, 1, 64));
  options->tracker.cooldown = nanoseconds("--cooldown", values.cooldown);
  options->tracker.gone_after = nanoseconds("--gone-after", values.gone_after);
  options->tracker.numbers_only = values.numbers_only != FALSE;
}

}  // namespace live_labels
