// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "label_tracker.h"

namespace live_labels {

/// What the command line says.
struct Options {
  std::string input;
  std::string area;
  std::string model;
  std::string device;
  int rate = 5;             ///< frames a second that are looked at, at most
  bool all_states = false;  ///< also `first` and `improved`
  bool barcodes = true;
  bool verbose = false;
  TrackerOptions tracker;
};

/// Reads the command line and initialises GStreamer.  --help prints and exits.
/// @throws std::runtime_error with one sentence that names the option
void parse_options(int* argc, char*** argv, Options* options);

}  // namespace live_labels
