// SPDX-License-Identifier: MIT
// What the frame gate says about one frame.  No GStreamer here.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>

namespace deepseekocr::plugin {

/// In the order in which the stages decide; the first that objects to a reading wins.
enum class Decision {
  kRead,      /**< something to read that was not there before */
  kInterval,  /**< not the n-th frame of inference-interval */
  kRate,      /**< too soon for max-rate */
  kBlank,     /**< no text-like detail: the text before it has ended */
  kUnchanged, /**< shows what the last frame judged kRead shows: its text holds on */
};

/// `distance` of a frame that has nothing to be compared with: the first one, and behind a blank one.
constexpr uint32_t kNoReference = UINT32_MAX;

/// A verdict.  All but `decision` is known only where the pixels were looked at: not for kInterval and kRate.
struct Verdict {
  Decision decision = Decision::kRead;
  uint32_t distance = 0;  /**< from the last frame judged kRead, in the unit of change-threshold */
  uint32_t sharpness = 0; /**< of the text-like detail, 0 to 255: how steep its edges are; only with needs_detail */
  DsocrRect detail{};     /**< pixels of the whole frame around the text-like detail; empty (0x0) where there is none */
};

}  // namespace deepseekocr::plugin
