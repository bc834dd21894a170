// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/frame_gate.h"

#include <algorithm>
#include <utility>

#include "deepseekocr/gate/change.h"
#include "deepseekocr/gate/rate_limit.h"
#include "deepseekocr/gate/text_detail.h"

namespace deepseekocr::plugin {

namespace {

/// What is known of a frame.
struct Look {
  Strokes strokes;
  TextDetail text;
};

/// Cells at the edges stick out.
DsocrRect detail_of(const TextDetail& text, const LumaView& luma, int32_t x, int32_t y) {
  const DsocrRect& box = text.box;
  return {x + box.x, y + box.y, std::min(box.width, luma.width - box.x), std::min(box.height, luma.height - box.y)};
}

}  // namespace

struct FrameGate::State {
  uint64_t frames = 0; /**< since the last one that inference-interval let through */
  RateLimit rate;
  Look now, candidate, reference;
  bool has_now = false, has_candidate = false, has_reference = false;

  /// Looks at a frame.  @return what it shows: `reference` itself where that is the same picture, else `now`
  const Look& look_at(const GateSettings& settings, const LumaView& luma) {
    take_picture(luma, &now.strokes);
    const bool serves = has_reference && settings.change_threshold > 0 && (reference.text.any || !settings.skip_blank);
    if (serves && is_same_picture(reference.strokes, now.strokes)) return reference;
    find_strokes(&now.strokes);
    now.text = find_text(&now.strokes);
    return now;
  }

  uint32_t distance_of(const Look& look) const {
    if (!has_reference) return kNoReference;
    if (look.text.any != reference.text.any) return kFarthest;  // writing came or went
    return &look == &reference ? 0 : stroke_distance(reference.strokes, look.strokes);
  }
};

FrameGate::FrameGate() : state_(std::make_unique<State>()) {}
FrameGate::~FrameGate() = default;
FrameGate::FrameGate(FrameGate&&) noexcept = default;
FrameGate& FrameGate::operator=(FrameGate&&) noexcept = default;

void FrameGate::reset() {
  state_->frames = 0;
  state_->rate.reset();
  state_->has_now = state_->has_candidate = state_->has_reference = false;
}

void FrameGate::forget_reading() {
  state_->has_reference = false;
}

Verdict FrameGate::schedule(const GateSettings& settings, uint64_t pts) {
  Verdict verdict;
  const bool due = state_->frames == 0;
  if (++state_->frames >= settings.inference_interval) state_->frames = 0;
  if (!due) {
    verdict.decision = Decision::kInterval;
  } else if (!state_->rate.is_due(pts, settings.max_rate)) {
    verdict.decision = Decision::kRate;
  }
  return verdict;
}

Verdict FrameGate::examine(const GateSettings& settings, const LumaView& luma, int32_t x, int32_t y) {
  State& state = *state_;
  Verdict verdict;
  verdict.distance = kNoReference;
  state.has_now = false;
  if (std::min(luma.width, luma.height) < kLeastSide) {
    state.has_reference = false;
    return verdict;
  }
  const Look& look = state.look_at(settings, luma);
  if (!look.text.any && settings.skip_blank) {
    state.has_reference = false;
    verdict.decision = Decision::kBlank;
    return verdict;
  }
  if (look.text.any) {
    verdict.detail = detail_of(look.text, luma, x, y);
    if (settings.needs_detail) verdict.sharpness = measure_sharpness(luma, look.strokes);
  }
  verdict.distance = state.distance_of(look);
  if (settings.change_threshold > 0 && verdict.distance < settings.change_threshold) {
    verdict.decision = Decision::kUnchanged;
    return verdict;
  }
  state.has_now = true;
  if (!settings.defers_reference) {
    keep_candidate();
    accept_candidate();
  }
  return verdict;
}

void FrameGate::keep_candidate() {
  State& state = *state_;
  if (state.has_now) std::swap(state.now, state.candidate);
  state.has_candidate = std::exchange(state.has_now, false);
}

void FrameGate::accept_candidate() {
  State& state = *state_;
  if (state.has_candidate) std::swap(state.candidate, state.reference);
  state.has_reference = std::exchange(state.has_candidate, false);
}

}  // namespace deepseekocr::plugin
