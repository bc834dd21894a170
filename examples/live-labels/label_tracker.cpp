// SPDX-License-Identifier: MIT
#include "label_tracker.h"

#include <algorithm>
#include <utility>

namespace live_labels {
namespace {

// Share of a read's characters that must be known of a label.
constexpr double kSameLabel = 0.3;
constexpr size_t kMostWaitingBarcodes = 256;
constexpr size_t kMostCooling = 4096;

// What tells labels apart.
const std::string& identity(const LabelState& state) {
  return state.number.number.value.empty() ? state.text : state.number.number.value;
}

}  // namespace

const char* stage_name(Stage stage) {
  switch (stage) {
    case Stage::first:
      return "first";
    case Stage::improved:
      return "improved";
    case Stage::final:
      break;
  }
  return "final";
}

LabelTracker::Open& LabelTracker::open_label() {
  // The one that was out of sight longest makes room.
  if (open_.size() >= kMostLabels) {
    const auto oldest = std::min_element(open_.begin(), open_.end(),
                                         [](const Open& a, const Open& b) { return a.label.last() < b.label.last(); });
    close(*oldest);
    open_.erase(oldest);
  }
  return open_.emplace_back(options_.min_reads);
}

bool LabelTracker::is_in_sight(const Open& open, uint64_t time) const {
  return time - std::min(time, open.label.last()) <= options_.gone_after;
}

// The label that the text resembles most; nullptr: none resembles it.
LabelTracker::Open* LabelTracker::label_like(const std::string& text, uint64_t time) {
  Open* best = nullptr;
  double most = 0;
  for (Open& open : open_) {
    if (!is_in_sight(open, time)) continue;
    const double affinity = open.label.affinity(text);
    if (affinity < kSameLabel || affinity <= most) continue;
    best = &open;
    most = affinity;
  }
  return best;
}

LabelTracker::Open& LabelTracker::label_of(const Read& read) {
  if (Open* like = label_like(read.text, read.time)) return *like;
  // One of which only a barcode was seen so far.
  for (Open& open : open_) {
    if (!open.label.has_reads() && is_in_sight(open, read.time)) return open;
  }
  return open_label();
}

// The label with the same number or barcode, else the one that was seen last: without any barcode, if this one is a
// shipment number, because a label has one number, but may have other codes beside it.
LabelTracker::Open& LabelTracker::label_of(const Barcode& barcode) {
  if (Open* like = label_like(normalise(barcode.content), barcode.time)) return *like;
  const bool is_number = has_known_form(normalise(barcode.content));
  Open* other = nullptr;
  for (Open& open : open_) {
    if (!is_in_sight(open, barcode.time)) continue;
    if (open.label.holds(barcode)) return open;
    const bool may_have_it = !is_number || open.label.barcodes().empty();
    if (may_have_it && (other == nullptr || open.label.seen_later_than(other->label))) other = &open;
  }
  return other != nullptr ? *other : open_label();
}

void LabelTracker::add(const Read& read) {
  if (!lines_of(read.text).empty()) {
    Open& open = label_of(read);
    open.label.add(read);
    tell_progress(open);
  }
  advance(read.time);
}

void LabelTracker::advance(uint64_t time) {
  now_ = std::max(now_, time);
  take_barcodes(now_);
  close_gone();
}

void LabelTracker::add(const Barcode& barcode) {
  barcodes_.push_back(barcode);
  if (barcodes_.size() > kMostWaitingBarcodes) barcodes_.pop_front();
}

void LabelTracker::take_barcodes(uint64_t time) {
  while (!barcodes_.empty() && barcodes_.front().time <= time) {
    Open& open = label_of(barcodes_.front());
    open.label.add(barcodes_.front());
    barcodes_.pop_front();
    tell_progress(open);
  }
}

void LabelTracker::close_gone() {
  for (auto open = open_.begin(); open != open_.end();) {
    if (is_in_sight(*open, now_)) {
      ++open;
      continue;
    }
    close(*open);
    open = open_.erase(open);
  }
  std::erase_if(cooling_, [this](const auto& entry) { return entry.second <= now_; });
}

bool LabelTracker::is_worth_telling(const LabelState& state) const {
  if (state.number.agreement < Agreement::text_single) return true;
  if (options_.numbers_only) return false;
  return !state.barcodes.empty() || (state.reads >= options_.min_reads && !state.text.empty());
}

// Whether the same was told of a label that has left not long ago, or of another one that is still in sight.
bool LabelTracker::is_known(const Open& open, const LabelState& state) const {
  if (cooling_.contains(identity(state))) return true;
  return std::any_of(open_.begin(), open_.end(), [&](const Open& other) {
    return &other != &open && other.told && !other.told_number.empty() && other.told_number == identity(state);
  });
}

void LabelTracker::tell(Open& open, Stage stage, const LabelState& state) {
  if (open.id == 0) open.id = ++last_id_;
  open.told = true;
  open.told_number = state.number.number.value;
  open.told_text = state.text;
  open.told_agreement = state.number.agreement;
  sink_({open.id, stage, state});
}

void LabelTracker::tell_progress(Open& open) {
  const LabelState state = open.label.state();
  if (!is_worth_telling(state)) return;
  if (!open.told) {
    if (!is_known(open, state)) tell(open, Stage::first, state);
  } else if (state.number.number.value != open.told_number || state.number.agreement < open.told_agreement ||
             state.text != open.told_text) {
    tell(open, Stage::improved, state);
  }
}

void LabelTracker::close(Open& open) {
  const LabelState state = open.label.state();
  if (!is_worth_telling(state)) return;
  if (open.told || !is_known(open, state)) tell(open, Stage::final, state);
  // Seen again while it cools: the time starts anew.
  if (cooling_.size() < kMostCooling) cooling_[identity(state)] = state.last + options_.cooldown;
}

void LabelTracker::finish() {
  take_barcodes(UINT64_MAX);
  for (Open& open : open_) close(open);
  open_.clear();
}

}  // namespace live_labels
