// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/text_tracker.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <utility>

#include "deepseekocr/gate/downscale.h"

namespace deepseekocr::plugin {
namespace {

/// The surroundings of a pixel reach so far to each side: over a stroke and its outline.
constexpr int32_t kReach = 5;
constexpr int32_t kSurroundings = (2 * kReach + 1) * (2 * kReach + 1);

/// Height of detail that counts: for a new pixel, for one that grows old, for one that is still there.
constexpr int kBorn = 24, kAges = 16, kStays = 12;

/// Frames after which a pixel has stood for long.
constexpr uint8_t kOld = 8;

/// Sum of squares in a cell with detail: of half its pixels' worth of what ages.
constexpr int64_t kStrong = int64_t{kCell} * kCell * kStays * kStays;

/// Change of the brightness of a cell that is one of the picture: four levels of each pixel.
constexpr int32_t kDyed = 4 * kCell * kCell;

/// Comparisons that show what moves; fewer than the second say nothing yet.
constexpr size_t kPast = 8, kLeastPast = 2;

/// Noise in the number of cells that lose their detail, and of pixels that win some.
constexpr uint32_t kLostCells = 6, kBornPixels = 150;

/// Frames for which new detail is watched before it is taken for writing.
constexpr uint32_t kWatched = 4;

/// Cells of writing that fades, at least, and of noise in their number.
constexpr uint32_t kFadeCells = 30;

/// After so many without a turned cell, one is enough.
constexpr size_t kStill = 4;

}  // namespace

void TextTracker::reset() {
  has_before_ = false;
  past_.clear();
  newborn_.clear();
  unsettle();
  std::fill(age_.begin(), age_.end(), uint8_t{0});
}

void TextTracker::resize(const LumaView& view) {
  halve(view, &half_);
  const int32_t width = half_.width() / kCell * kCell, height = half_.height() / kCell * kCell;
  if (width == width_ && height == height_) return;
  width_ = width;
  height_ = height;
  const size_t pixels = static_cast<size_t>(width) * height;
  detail_.assign(pixels, 0);
  before_.assign(pixels, 0);
  age_.assign(pixels, 0);
  luma_.assign(pixels / (kCell * kCell), 0);
  columns_.resize(width);
  reset();
}

/// Brightness less the mean of the square around it; the square is moved inwards at the edges.
void TextTracker::find_detail() {
  std::fill(columns_.begin(), columns_.end(), 0);
  const auto row_at = [this](int32_t y) { return half_.row(std::clamp(y, 0, height_ - 1)); };
  for (int32_t y = -kReach; y <= kReach; ++y) {
    const uint8_t* row = row_at(y);
    for (int32_t x = 0; x < width_; ++x) columns_[x] += row[x];
  }
  for (int32_t y = 0; y < height_; ++y) {
    const uint8_t* row = half_.row(y);
    int16_t* out = detail_.data() + static_cast<size_t>(y) * width_;
    const auto column = [this](int32_t x) { return columns_[std::clamp(x, 0, width_ - 1)]; };
    int32_t sum = 0;
    for (int32_t x = -kReach; x <= kReach; ++x) sum += column(x);
    for (int32_t x = 0; x < width_; ++x) {
      out[x] = static_cast<int16_t>(row[x] - sum / kSurroundings);
      sum += column(x + kReach + 1) - column(x - kReach);
    }
    const uint8_t *next = row_at(y + kReach + 1), *last = row_at(y - kReach);
    for (int32_t x = 0; x < width_; ++x) columns_[x] += next[x] - last[x];
  }
}

TextTracker::Motion TextTracker::compare_cell(int32_t column, int32_t row) {
  int64_t power_before = 0, power_now = 0, product = 0;
  uint32_t old = 0, gone = 0;
  int32_t luma = 0;
  Motion motion;
  for (int32_t y = row * kCell; y < (row + 1) * kCell; ++y) {
    const size_t begin = static_cast<size_t>(y) * width_ + column * kCell;
    const uint8_t* pixels = half_.row(y) + column * kCell;
    luma += std::accumulate(pixels, pixels + kCell, 0);
    for (size_t i = begin; i < begin + kCell; ++i) {
      const int before = before_[i], now = detail_[i];
      power_before += before * before;
      power_now += now * now;
      product += before * now;
      const bool stays = (before < 0) == (now < 0) && std::abs(now) >= kStays;
      const bool is_old = age_[i] >= kOld;
      old += is_old;
      gone += is_old && !stays;
      motion.born += std::abs(now) >= kBorn && std::abs(before) < kBorn && std::abs(now - before) >= kBorn;
      age_[i] = stays && std::abs(now) >= kAges ? static_cast<uint8_t>(std::min(age_[i] + 1, 255)) : 0;
    }
  }
  const bool unlike = product <= 0 || 4 * product * product < power_before * power_now;
  motion.turned = std::max(power_before, power_now) > kStrong && unlike;
  int32_t& luma_before = luma_[row * (width_ / kCell) + column];
  motion.dyed = std::abs(luma - luma_before) >= kDyed;
  luma_before = luma;
  motion.old = old >= kCell;
  motion.lost = motion.old && unlike && 10 * gone >= 6 * old;
  return motion;
}

TextTracker::Motion TextTracker::compare() {
  Motion all;
  for (int32_t row = 0; row < height_ / kCell; ++row) {
    for (int32_t column = 0; column < width_ / kCell; ++column) {
      const Motion motion = compare_cell(column, row);
      all.turned += motion.turned;
      all.old += motion.old;
      all.lost += motion.lost;
      all.dyed += motion.dyed;
      all.born += motion.born;
    }
  }
  return all;
}

/// Whether another picture came, with the same writing or another.
bool TextTracker::is_cut(const Motion& motion) const {
  const uint32_t cells = width_ / kCell * (height_ / kCell);
  return past_.size() >= kLeastPast && 2 * motion.dyed > cells && 4 * past_.back().dyed < cells;
}

/// Whether the writing changed by what can be told at once.
bool TextTracker::is_sudden(const Motion& motion) const {
  if (past_.size() < kLeastPast) return false;
  if (is_cut(motion) && motion.old > 0) return 2 * motion.lost >= motion.old;
  const auto still = [](const Motion& past) { return past.turned == 0; };
  if (past_.size() >= kStill && std::all_of(past_.end() - kStill, past_.end(), still)) return motion.turned > 0;
  uint32_t most_lost = 0;
  for (const Motion& past : past_) most_lost = std::max(most_lost, past.lost);
  return motion.lost > 2 * most_lost + kLostCells;
}

/// Whether more detail came than with what moves, be it writing or a jerk.
bool TextTracker::is_burst(const Motion& motion) const {
  if (past_.size() < kLeastPast || is_cut(motion)) return false;
  uint32_t most_born = 0;
  for (const Motion& past : past_) most_born = std::max(most_born, past.born);
  return 2 * motion.born > 3 * most_born + 2 * kBornPixels;
}

void TextTracker::watch_newborn() {
  newborn_.clear();
  for (size_t i = 0; i < detail_.size(); ++i) {
    if (std::abs(detail_[i]) >= kBorn && std::abs(before_[i]) < kBorn && std::abs(detail_[i] - before_[i]) >= kBorn)
      newborn_.push_back(static_cast<uint32_t>(i));
  }
  burst_ = newborn_.size();
  watched_ = 0;
}

/// Writing stays where it came, what moves goes on.  A burst is half as much again as what moves brings anyway, so a
/// third of one with writing is the writing.
std::optional<uint32_t> TextTracker::judge_newborn() {
  if (newborn_.empty()) return std::nullopt;
  std::erase_if(newborn_,
                [this](uint32_t i) { return (before_[i] < 0) != (detail_[i] < 0) || std::abs(detail_[i]) < kStays; });
  if (++watched_ < kWatched) return std::nullopt;
  const bool stays = 10 * newborn_.size() >= 3 * burst_;
  newborn_.clear();
  return stays ? std::optional<uint32_t>(kWatched) : std::nullopt;
}

/// Writing that comes or goes slowly, where other things move: what stands for long grows or shrinks by half.
std::optional<uint32_t> TextTracker::find_fade(uint32_t old) {
  if (unsettled_ > 0) {
    --unsettled_;
    return std::nullopt;
  }
  standing_.push_back(old);
  if (standing_.size() > kLongestFade) standing_.pop_front();
  if (standing_.size() < kPast) return std::nullopt;
  const auto [least, most] = std::minmax_element(standing_.begin(), standing_.end());
  if (*most >= kFadeCells && 2 * old < *most) return 0;
  if (old <= 2 * *least + kFadeCells) return std::nullopt;
  // Back to where it began to grow; a pixel counts kOld frames after it came.
  const uint32_t before = *least + *least / 4 + kFadeCells / 4;
  const auto rise = std::find_if(standing_.rbegin(), standing_.rend(), [=](uint32_t value) { return value <= before; });
  return std::min<uint32_t>(static_cast<uint32_t>(rise - standing_.rbegin()) - 1 + kOld, kLongestFade);
}

void TextTracker::unsettle() {
  standing_.clear();
  unsettled_ = kLongestFade;
}

std::optional<uint32_t> TextTracker::changed(const LumaView& view) {
  resize(view);
  std::swap(detail_, before_);
  find_detail();
  const Motion motion = compare();
  if (!std::exchange(has_before_, true)) return std::nullopt;
  std::optional<uint32_t> change = judge_newborn();
  if (is_sudden(motion)) {
    change = 0;
    newborn_.clear();
  } else if (is_burst(motion)) {
    watch_newborn();
  }
  if (!change) change = find_fade(motion.old);
  if (is_cut(motion)) {
    // Nothing is known about what moves in the new picture.
    past_.clear();
    newborn_.clear();
    unsettle();
    return change;
  }
  if (change) unsettle();
  remember(motion);
  return change;
}

/// What happens once says little about what moves.
void TextTracker::remember(Motion motion) {
  if (!past_.empty()) {
    motion.born = std::min(motion.born, 2 * past_.back().born + kBornPixels);
    if (motion.lost > 2 * past_.back().lost + kLostCells) motion.lost = past_.back().lost;
  }
  past_.push_back(motion);
  if (past_.size() > kPast) past_.pop_front();
}

}  // namespace deepseekocr::plugin
