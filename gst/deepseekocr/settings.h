// SPDX-License-Identifier: MIT
// What the user set: one plain struct, copied under the object lock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <deepseekocr/engine.h>
#include "deepseekocr/area.h"
#include "deepseekocr/gate/frame_gate.h"
#include "deepseekocr/timing/timing_settings.h"

namespace deepseekocr::plugin {

enum class TextFormat { kPlain, kMarkdown, kSubtitle, kJson, kRaw };
enum class Attach { kAuto, kExact, kLatest };
enum class Drop { kAuto, kNever, kNewest };
enum class Draft { kPrevious, kNone };
enum class InferenceRegion { kFullFrame, kRoiList };
enum class Task { kCustom, kFreeOcr, kMarkdown, kOcr, kFigure, kDescribe };

/// All properties; times in milliseconds as the properties state them.
struct Settings {
  std::string model_path;
  std::string adapter_path; /**< empty: none */
  std::string weight_cache; /**< empty: none */
  std::string device = "auto";
  DsocrPrecision precision = DSOCR_PRECISION_AUTO;
  DsocrKvCache kv_cache = DSOCR_KV_CACHE_AUTO;
  int32_t threads = 0;
  int32_t batch_size = 0;
  int32_t batch_timeout_ms = 0;
  int32_t idle_timeout_s = 0;
  Draft draft = Draft::kPrevious;

  Task task = Task::kCustom;
  std::string prompt;
  DsocrMode resolution = DSOCR_MODE_AUTO;
  int32_t max_tiles = 9;
  std::string area_text;
  std::optional<Area> area;
  bool auto_area = false; /**< area=auto */
  InferenceRegion inference_region = InferenceRegion::kFullFrame;
  std::string object_class_text;
  std::vector<std::string> object_classes;
  GateSettings gate;
  uint32_t sharpest_of_ms = 0;
  int32_t max_new_tokens = 0;
  int32_t no_repeat_ngram_size = 30;
  int32_t no_repeat_ngram_window = 90;
  std::string ngram_whitelist_text;
  std::optional<std::vector<int32_t>> ngram_whitelist;
  uint32_t max_time_ms = 0;

  TextFormat text_format = TextFormat::kPlain;
  std::string text_terminator = "\n";
  Attach attach = Attach::kAuto;
  Drop drop = Drop::kAuto;
  uint32_t max_hold_ms = 1000;
  bool post_messages = true;
  uint32_t stats_interval_ms = 0;

  TimingSettings timing;

  uint64_t revision = 0; /**< raised when a property changes that readings depend on */
};

/// The prompt that `settings` stand for: `prompt` where it is not empty, else that of `task`; empty: the model's own.
std::string effective_prompt(const Settings& settings);

/// Whether `prompt` equals one of `supported` (NULL-terminated; empty: any), "<image>" and outer blanks aside.
bool is_prompt_supported(const std::string& prompt, const std::vector<std::string>& supported);

}  // namespace deepseekocr::plugin
