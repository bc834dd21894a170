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

/// A group of at most so many cells may be the corner of a rim.
constexpr int32_t kCornerCells = 4;

enum Mark : uint8_t { kNothing, kText, kHorizontalRule, kVerticalRule, kPending };

bool is_horizontal(const CellStrokes& cell) {
  return cell.along >= kLeastLine && cell.across < kLeastStrength;
}
bool is_vertical(const CellStrokes& cell) {
  return cell.across >= kLeastLine && cell.along < kLeastStrength;
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
      const bool is_text = total_ >= rules.least_strength && size() >= rules.least_cells && !is_corner();
      for (const int32_t member : group_) marks_[member] = is_text ? kText : kPending;
      if (is_text) marked += size();
    }
    for (uint8_t& mark : marks_) mark = mark == kText ? 1 : 0;
    return marked;
  }

 private:
  int32_t size() const { return static_cast<int32_t>(group_.size()); }
  bool is_corner() const { return size() <= kCornerCells && touches_horizontal_ && touches_vertical_; }

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
    touches_horizontal_ = touches_vertical_ = false;
    for (size_t next = 0; next < group_.size(); ++next) {
      total_ += text_strength(map_.cells[group_[next]]);
      visit_neighbours(group_[next]);
    }
  }

  void visit_neighbours(int32_t index) {
    const int32_t column = index % map_.columns, row = index / map_.columns;
    for (int32_t y = std::max(0, row - 1); y <= std::min(map_.rows - 1, row + 1); ++y) {
      for (int32_t x = std::max(0, column - 1); x <= std::min(map_.columns - 1, column + 1); ++x) {
        const int32_t other = y * map_.columns + x;
        touches_horizontal_ |= marks_[other] == kHorizontalRule;
        touches_vertical_ |= marks_[other] == kVerticalRule;
        if (marks_[other] != kNothing || text_strength(map_.cells[other]) < kLeastStrength) continue;
        marks_[other] = kPending;
        group_.push_back(other);
      }
    }
  }

  const StrokeMap& map_;
  std::vector<uint8_t>& marks_;
  std::vector<int32_t> group_;
  int32_t total_ = 0;
  bool touches_horizontal_ = false, touches_vertical_ = false;
};

}  // namespace

int32_t text_strength(const CellStrokes& cell) {
  const int32_t less = std::min(cell.across, cell.along), more = std::max(cell.across, cell.along);
  return kMostLopsided * less < more ? 0 : less;
}

int32_t mark_text_cells(const GroupRules& rules, StrokeMap* map) {
  Marker marker(*map, &map->text);
  marker.mark_rules();
  return marker.mark_groups(rules);
}

}  // namespace deepseekocr::plugin
