// SPDX-License-Identifier: MIT
#include "text/coordinates.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/utf8.h"

namespace deepseekocr {

namespace {

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  std::optional<std::vector<Coordinates>> parse() {
    std::vector<Coordinates> boxes;
    if (!accept('[')) return std::nullopt;
    const bool valid = peek() == '[' ? parse_boxes(boxes) : parse_box(boxes);
    skip_blanks();
    if (!valid || !rest_.empty()) return std::nullopt;
    return boxes;
  }

 private:
  void skip_blanks() {
    const size_t end = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(end, rest_.size()));
  }

  char peek() {
    skip_blanks();
    return rest_.empty() ? '\0' : rest_.front();
  }

  bool accept(char c) {
    if (peek() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Boxes up to the outer bracket, which is already open.
  bool parse_boxes(std::vector<Coordinates>& boxes) {
    while (!accept(']')) {
      if (!accept('[') || !parse_box(boxes)) return false;
      if (!accept(',') && peek() != ']') return false;
    }
    return true;
  }

  /// Four numbers and the closing bracket.
  bool parse_box(std::vector<Coordinates>& boxes) {
    Coordinates box{};
    for (size_t i = 0; i < box.size(); ++i) {
      if (i > 0 && !accept(',')) return false;
      if (!parse_number(box[i])) return false;
    }
    accept(',');
    boxes.push_back(box);
    return accept(']');
  }

  bool parse_number(double& number) {
    skip_blanks();
    const bool negative = rest_.starts_with('-');
    if (negative || rest_.starts_with('+')) rest_.remove_prefix(1);
    // Not "inf" or "nan", which from_chars would take.
    if (rest_.empty() || (!is_digit(rest_.front()) && rest_.front() != '.')) return false;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return false;
    if (negative) number = -number;
    rest_.remove_prefix(static_cast<size_t>(end - rest_.data()));
    return true;
  }

  std::string_view rest_;
};

/// Ends of a box on one axis, as pixels of the picture.
std::pair<int, int> scale(double a, double b, int area_start, int area_extent, int picture_extent) {
  const auto pixel = [&](double value) {
    const double scaled = std::trunc(value / 999.0 * area_extent) + area_start;
    return static_cast<int>(std::clamp(scaled, 0.0, static_cast<double>(picture_extent)));
  };
  const auto [low, high] = std::minmax({pixel(a), pixel(b)});
  // x and y lie inside the picture, also for a box on its far edge.
  return {std::min(low, std::max(picture_extent - 1, 0)), high};
}

}  // namespace

std::optional<std::vector<Coordinates>> parse_coordinates(std::string_view text) {
  return Parser(text).parse();
}

Rect to_pixels(const Coordinates& coordinates, const Rect& area, int picture_width, int picture_height) {
  const auto [left, right] = scale(coordinates[0], coordinates[2], area.x, area.width, picture_width);
  const auto [top, bottom] = scale(coordinates[1], coordinates[3], area.y, area.height, picture_height);
  return {left, top, right - left, bottom - top};
}

}  // namespace deepseekocr
