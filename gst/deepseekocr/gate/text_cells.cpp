// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/text_cells.h"

#include <algorithm>

#include "deepseekocr/gate/grid.h"

namespace deepseekocr::plugin {
namespace {

/// Pixels of strokes across and along that a cell of writing holds at least.
constexpr int32_t kLeastStrength = 3;

/// How many times the strokes of one direction may outnumber those of the other.
constexpr int32_t kMostLopsided = 3;

/// Pixels of a line in a cell that holds nothing but that line, and how many such cells in a row are a rule: longer
/// than the straight part of a letter of this size.
constexpr int32_t kLeastLine = 6, kRuleCells = 5;

/// Strength of a cell that may be a lone letter, too small to be found as text.
constexpr int32_t kLoneStrength = 6;

/// A group of at most so many cells may be the corner of a rim.
constexpr int32_t kCornerCells = 4;

/// What such a group must have more where a rule is beside it.
constexpr int32_t kBesideRule = 6;

/// Pixels of strokes of each cell that run both ways; 0 where one way is next to all.
[[gnu::noinline]] void measure_strength(const uint8_t* across, const uint8_t* along, int32_t count,
                                        uint8_t* __restrict strength) {
  for (int32_t i = 0; i < count; ++i) {
    const uint8_t less = std::min(across[i], along[i]), more = std::max(across[i], along[i]);
    strength[i] = kMostLopsided * less < more ? uint8_t{0} : less;
  }
}

/// Marks cells that hold nothing but lines of one way.
[[gnu::noinline]] void find_lines(const uint8_t* one_way, const uint8_t* other_way, int32_t count,
                                  uint8_t* __restrict marks) {
  for (int32_t i = 0; i < count; ++i) {
    const auto enough = static_cast<uint8_t>(one_way[i] >= kLeastLine);
    marks[i] = enough & static_cast<uint8_t>(one_way[i] > kMostLopsided * other_way[i]);
  }
}

[[gnu::noinline]] void find_at_least(const uint8_t* numbers, uint8_t least, int32_t count, uint8_t* __restrict marks) {
  for (int32_t i = 0; i < count; ++i) marks[i] = static_cast<uint8_t>(numbers[i] >= least);
}

class Marker {
 public:
  explicit Marker(StrokeMap* map) : map_(*map), size_(map->grid_size()), strength_(size_), open_(size_), rules_(size_) {
    measure_strength(map_.cells.across.data(), map_.cells.along.data(), size_, strength_.data());
    find_at_least(strength_.data(), kLeastStrength, size_, open_.data());
  }

  /// Marks runs of cells that hold lines; they are no part of any group.
  void mark_rules() {
    const uint8_t *across = map_.cells.across.data(), *along = map_.cells.along.data();
    std::vector<uint8_t> lines(size_);
    find_lines(along, across, size_, lines.data());
    mark_runs(lines, 1);
    find_lines(across, along, size_, lines.data());
    mark_runs(lines, map_.grid_stride);
    for_each_mark(rules_, [this](int32_t index) { open_[index] = 0; });
  }

  int32_t mark_groups(const GroupRules& rules) {
    int32_t marked = 0;
    map_.text.assign(size_, 0);
    for_each_mark(open_, [&](int32_t index) {
      collect(index);
      if (total_ < rules.least_strength || members() < rules.least_cells || is_part_of_rules(rules.least_strength))
        return;
      for (const int32_t member : group_) map_.text[member] = 1;
      marked += members();
    });
    return marked;
  }

  void mark_near_text() {
    map_.near_text.resize(size_);
    find_at_least(strength_.data(), kLoneStrength, size_, map_.near_text.data());
    for_each_mark(map_.text, [this](int32_t index) {
      for_each_around(map_, index, [this](int32_t other) { map_.near_text[other] = 1; });
    });
  }

 private:
  int32_t members() const { return static_cast<int32_t>(group_.size()); }

  /// Marks runs among lines, `step` apart.  The cell behind each row holds nothing, so none goes on in the next row.
  void mark_runs(const std::vector<uint8_t>& lines, int32_t step) {
    for_each_mark(lines, [&](int32_t first) {
      if (first >= step && lines[first - step] != 0) return;  // seen from its first
      int32_t end = first;
      while (end < size_ && lines[end] != 0) end += step;
      if (end - first < kRuleCells * step) return;
      for (int32_t index = first; index < end; index += step) rules_[index] = 1;
    });
  }

  /// Gathers the group that `start` belongs to.
  void collect(int32_t start) {
    group_.assign(1, start);
    open_[start] = 0;
    total_ = 0;
    for (size_t next = 0; next < group_.size(); ++next) {
      total_ += strength_[group_[next]];
      for_each_around(map_, group_[next], [this](int32_t other) {
        if (open_[other] != 0) group_.push_back(other);
        open_[other] = 0;
      });
    }
  }

  /// From how many sides rules come near the group.
  int32_t sides_with_rules() const {
    int32_t left = map_.columns, right = 0, top = map_.rows, bottom = 0;
    for (const int32_t member : group_) {
      left = std::min(left, member % map_.grid_stride), right = std::max(right, member % map_.grid_stride);
      top = std::min(top, member / map_.grid_stride), bottom = std::max(bottom, member / map_.grid_stride);
    }
    // A tilted rule goes on in another row of cells, so its first cell may be one away.
    return int{has_rule(left - 2, left - 1, top, bottom)} + int{has_rule(right + 1, right + 2, top, bottom)} +
           int{has_rule(left, right, top - 2, top - 1)} + int{has_rule(left, right, bottom + 1, bottom + 2)};
  }

  /// Whether the group is small and one with rules: a corner, a crossing, or rough ground along a rule.
  bool is_part_of_rules(int32_t least_strength) const {
    if (members() > kCornerCells) return false;
    const int32_t sides = sides_with_rules();
    return sides >= 2 || (sides == 1 && total_ < least_strength + kBesideRule);
  }

  bool has_rule(int32_t left, int32_t right, int32_t top, int32_t bottom) const {
    for (int32_t y = std::max(0, top); y <= std::min(map_.rows - 1, bottom); ++y) {
      for (int32_t x = std::max(0, left); x <= std::min(map_.columns - 1, right); ++x) {
        if (rules_[map_.index(x, y)] != 0) return true;
      }
    }
    return false;
  }

  StrokeMap& map_;
  const int32_t size_;  // of a grid
  std::vector<uint8_t> strength_;
  std::vector<uint8_t> open_;  // strong cells that are in no group yet
  std::vector<uint8_t> rules_;
  std::vector<int32_t> group_;
  int32_t total_ = 0;
};

}  // namespace

int32_t mark_text_cells(const GroupRules& rules, StrokeMap* map) {
  Marker marker(map);
  marker.mark_rules();
  const int32_t marked = marker.mark_groups(rules);
  marker.mark_near_text();
  return marked;
}

}  // namespace deepseekocr::plugin
