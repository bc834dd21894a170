// SPDX-License-Identifier: MIT
// deepseekocr-subtitles: subtitles that are part of a video's picture become a file or a track.
#include <gst/gst.h>

#include <algorithm>
#include <exception>

#include "options.h"
#include "progress.h"
#include "reader.h"
#include "writer.h"

namespace {

using namespace subtitles;

/// @return whether it was written; else one sentence went to stderr.
bool try_write(const Cues& cues, const Options& options, const std::string& output) {
  try {
    write_cues(cues, options, output);
    g_print("%s\n", output.c_str());
    return true;
  } catch (const std::exception& error) {
    g_printerr("deepseekocr-subtitles: %s was not written: %s\n", output.c_str(), error.what());
    return false;
  }
}

/// Writes every output.  What was read is not lost where a track cannot be written: it goes to a subtitle file.
/// @return whether all were written.
bool write_outputs(const Cues& cues, const Options& options) {
  bool all = true, any = false;
  for (const std::string& output : options.outputs) {
    const bool written = try_write(cues, options, output);
    all = all && written;
    any = any || written;
  }
  if (!any) try_write(cues, options, options.outputs.front() + ".srt");
  return all;
}

/// @return the exit status.
int run(const Options& options) {
  ProgressBar bar(options.quiet);
  const Outcome outcome = read_cues(options, [&bar](uint64_t position, uint64_t end) { bar.show(position, end); });
  bar.finish();
  const bool written = write_outputs(outcome.cues, options);
  g_print("%s\n", summary(outcome).c_str());
  return written ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  int exit_status = 0;
  const auto options = parse_options(&argc, &argv, &exit_status);
  if (!options) return exit_status;
  gst_init(&argc, &argv);
  try {
    exit_status = run(*options);
  } catch (const std::exception& error) {
    g_printerr("\ndeepseekocr-subtitles: %s\n", error.what());
    exit_status = 1;
  }
  gst_deinit();
  return exit_status;
}
