// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/text_cells.h"

#include <algorithm>

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

enum Mark : uint8_t { kNothing, kText, kHorizontalRule, kVerticalRule, kPending };

bool is_horizontal(const CellStrokes& cell) {
  return cell.along >= kLeastLine && cell.along > kMostLopsided * cell.across;
}
bool is_vertical(const CellStrokes& cell) {
  return cell.across >= kLeastLine && cell.across > kMostLopsided * cell.along;
}

class Marker {
 public:
  Marker(const StrokeMap& map, std::vector<uint8_t>* marks) : map_(map), marks_(*marks) {
    marks_.assign(map.cells.size(), kNothing);
  }

  void mark_rules() {
    for (int32_t row = 0; row < map_.rows; ++row) mark_runs(row * map_.columns, 1, map_.columns, kHorizontalRule);
    for (int32_t column = 0; column < map_.columns; ++column) mark_runs(column, map_.columns, map_.rows, kVerticalRule);
  }

  int32_t mark_groups(const GroupRules& rules) {
    int32_t marked = 0;
    for (int32_t index = 0; index < static_cast<int32_t>(marks_.size()); ++index) {
      if (marks_[index] != kNothing || text_strength(map_.cells[index]) < kLeastStrength) continue;
      collect(index);
      const bool is_text =
          total_ >= rules.least_strength && size() >= rules.least_cells && !is_part_of_rules(rules.least_strength);
      for (const int32_t member : group_) marks_[member] = is_text ? kText : kPending;
      if (is_text) marked += size();
    }
    for (uint8_t& mark : marks_) mark = mark == kText ? 1 : 0;
    return marked;
  }

  /// Calls `take` with the cells up to `reach` from one.
  template <typename Function>
  void for_each_around(int32_t index, int32_t reach, Function&& take) {
    const int32_t column = index % map_.columns, row = index / map_.columns;
    for (int32_t y = std::max(0, row - reach); y <= std::min(map_.rows - 1, row + reach); ++y) {
      for (int32_t x = std::max(0, column - reach); x <= std::min(map_.columns - 1, column + reach); ++x)
        take(y * map_.columns + x);
    }
  }

 private:
  int32_t size() const { return static_cast<int32_t>(group_.size()); }

  /// Marks runs of lines among `count` cells, `step` apart.
  void mark_runs(int32_t first, int32_t step, int32_t count, Mark mark) {
    int32_t length = 0;
    for (int32_t i = 0; i <= count; ++i) {
      const bool line = i < count && (mark == kHorizontalRule ? is_horizontal(map_.cells[first + i * step])
                                                              : is_vertical(map_.cells[first + i * step]));
      if (line) {
        ++length;
        continue;
      }
      for (int32_t back = 1; length >= kRuleCells && back <= length; ++back) marks_[first + (i - back) * step] = mark;
      length = 0;
    }
  }

  /// Gathers the group that `start` belongs to.
  void collect(int32_t start) {
    group_.assign(1, start);
    marks_[start] = kPending;
    total_ = 0;
    for (size_t next = 0; next < group_.size(); ++next) {
      total_ += text_strength(map_.cells[group_[next]]);
      visit_neighbours(group_[next]);
    }
  }

  void visit_neighbours(int32_t index) {
    for_each_around(index, 1, [this](int32_t other) {
      if (marks_[other] != kNothing || text_strength(map_.cells[other]) < kLeastStrength) return;
      marks_[other] = kPending;
      group_.push_back(other);
    });
  }

  /// From how many sides rules come near the group.
  int32_t sides_with_rules() const {
    int32_t left = map_.columns, right = 0, top = map_.rows, bottom = 0;
    for (const int32_t member : group_) {
      left = std::min(left, member % map_.columns), right = std::max(right, member % map_.columns);
      top = std::min(top, member / map_.columns), bottom = std::max(bottom, member / map_.columns);
    }
    // A tilted rule goes on in another row of cells, so its first cell may be one away.
    return int{has_rule(left - 2, left - 1, top, bottom)} + int{has_rule(right + 1, right + 2, top, bottom)} +
           int{has_rule(left, right, top - 2, top - 1)} + int{has_rule(left, right, bottom + 1, bottom + 2)};
  }

  /// Whether the group is small and one with rules: a corner, a crossing, or rough ground along a rule.
  bool is_part_of_rules(int32_t least_strength) const {
    if (size() > kCornerCells) return false;
    const int32_t sides = sides_with_rules();
    return sides >= 2 || (sides == 1 && total_ < least_strength + kBesideRule);
  }

  bool has_rule(int32_t left, int32_t right, int32_t top, int32_t bottom) const {
    for (int32_t y = std::max(0, top); y <= std::min(map_.rows - 1, bottom); ++y) {
      for (int32_t x = std::max(0, left); x <= std::min(map_.columns - 1, right); ++x) {
        const uint8_t mark = marks_[y * map_.columns + x];
        if (mark == kHorizontalRule || mark == kVerticalRule) return true;
      }
    }
    return false;
  }

  const StrokeMap& map_;
  std::vector<uint8_t>& marks_;
  std::vector<int32_t> group_;
  int32_t total_ = 0;
};

}  // namespace

int32_t text_strength(const CellStrokes& cell) {
  const int32_t less = std::min(cell.across, cell.along), more = std::max(cell.across, cell.along);
  return kMostLopsided * less < more ? 0 : less;
}

int32_t mark_text_cells(const GroupRules& rules, StrokeMap* map) {
  Marker marker(*map, &map->text);
  marker.mark_rules();
  const int32_t marked = marker.mark_groups(rules);
  map->near_text.assign(map->cells.size(), 0);
  for (int32_t index = 0; index < static_cast<int32_t>(map->cells.size()); ++index) {
    if (map->text[index] != 0)
      marker.for_each_around(index, 1, [map](int32_t other) { map->near_text[other] = 1; });
    else if (text_strength(map->cells[index]) >= kLoneStrength)
      map->near_text[index] = 1;
  }
  return marked;
}

}  // namespace deepseekocr::plugin
