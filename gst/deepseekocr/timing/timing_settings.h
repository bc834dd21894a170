// SPDX-License-Identifier: MIT
// When text is sent and what is said about its time: the part of the settings that the classes in timing/ use.
#pragma once

#include <cstdint>

namespace deepseekocr::plugin {

enum class TextTiming { kAuto, kGroup, kImmediate };

/// What vote-reads=0 stands for with a small model: of a still, whose readings differ by their view alone, and of a
/// text that stands in several frames.
constexpr uint32_t kVotesOnStills = 3, kVotesOnVideos = 5;

/// Properties of the same names; times in milliseconds.
struct TimingSettings {
  TextTiming text_timing = TextTiming::kAuto;
  uint32_t merge_gap_ms = 250;
  uint32_t cue_step_ms = 500;
  uint32_t confirm_reads = 1;
  uint32_t vote_reads = 0; /**< 0: as the model needs it */
  uint32_t latency_ms = 0;
  uint32_t lateness_ms = 0;
  bool qos = false;
};

}  // namespace deepseekocr::plugin
