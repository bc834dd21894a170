// SPDX-License-Identifier: MIT
// deepseekocr-live-labels: a camera or a file in, one JSON line for each parcel out.
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "label_tracker.h"
#include "options.h"
#include "reader.h"
#include "report_json.h"

int main(int argc, char** argv) {
  using namespace live_labels;
  try {
    Options options;
    parse_options(&argc, &argv, &options);
    LabelTracker tracker(options.tracker, [&](const Report& report) {
      if (report.stage != Stage::final && !options.all_states) return;
      std::printf("%s\n", report_json(report).c_str());
      std::fflush(stdout);
    });
    LabelReader(options, tracker).run();
    return EXIT_SUCCESS;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "deepseekocr-live-labels: %s\n", error.what());
    return EXIT_FAILURE;
  }
}
