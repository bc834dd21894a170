// SPDX-License-Identifier: MIT
// Reading one picture with one model, one token after the other.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "image/views.h"
#include "model/stage_recorder.h"
#include "tools/trace/options.h"

namespace deepseekocr::trace {

/// Wall time in milliseconds.
struct Timings {
  double load = 0, preprocess = 0, vision = 0, prefill = 0, decode = 0;
};

struct Reading {
  std::vector<int32_t> ids;  ///< end of sequence not included, unless it is ignored
  std::vector<float> log_probabilities;
  std::vector<float> margins;
  std::optional<std::string> text;  ///< nothing without a tokenizer
  bool stopped = false;             ///< by the end of sequence; else by the number of tokens
  ViewPlan plan;
  int image_tokens = 0;
  int prompt_tokens = 0;
  Timings timings;
  std::string device, precision, kv_cache;
};

/// @param recorder  may be null
/// @throws EngineError
Reading read_picture(const Options& options, StageRecorder* recorder);

}  // namespace deepseekocr::trace
