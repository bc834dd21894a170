// SPDX-License-Identifier: MIT
// The command line of deepseekocr-trace.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "serving/model_runner.h"
#include "serving/sampler.h"

namespace deepseekocr::trace {

struct Options {
  bool help = false;
  ModelOptions model;
  std::filesystem::path image;
  DsocrMode mode = DSOCR_MODE_AUTO;
  int max_tiles = 0;                                          ///< 0: 9
  std::optional<std::string> prompt;                          ///< nothing: the model's default
  std::optional<std::vector<int32_t>> ids_before, ids_after;  ///< both or none
  int max_new_tokens = 0;                                     ///< 0: what fits the model's positions
  bool ignore_eos = false;
  NgramRule ngram;
  std::filesystem::path dump;  ///< empty: none
};

/// A command line that cannot be understood; what() is one sentence that names the argument.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// @throws UsageError
Options parse_options(const std::vector<std::string>& arguments);

/// What --help prints.
extern const char* const kHelp;

}  // namespace deepseekocr::trace
