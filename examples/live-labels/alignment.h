// SPDX-License-Identifier: MIT
// Which character of one reading belongs to which of another.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace live_labels {

/// Code points of UTF-8 text; broken bytes become U+FFFD.
std::u32string to_code_points(std::string_view utf8);
std::string to_utf8(std::u32string_view text);

/// How `other` lies on `pivot` with most agreement.  Either may stick out at either end, because a camera sees parts of
/// a line while a label enters or leaves the picture: what sticks out costs nothing.
struct Alignment {
  /// By position of the pivot: the character of the other text there, or nothing where it has none.
  std::vector<std::optional<char32_t>> at;
  /// By position of the pivot: what the other text has before it.
  std::vector<std::u32string> before;
  /// What the other text has before the pivot's start and behind its end, if it sticks out there.
  std::u32string head;
  std::u32string tail;
  /// The positions that the other text covers; outside it says nothing.
  size_t begin = 0;
  size_t end = 0;
  size_t matches = 0;  ///< equal characters
  int score = 0;       ///< 2 for an equal character, -1 for a different, missing or additional one
};

Alignment align(std::u32string_view pivot, std::u32string_view other);

/// Whether two texts may be readings of the same line: 1 if one is a part of the other, 0 if they have nothing in
/// common. Texts of fewer than four characters must be equal as a whole.
double similarity(const Alignment& alignment, size_t pivot_size, size_t other_size);

}  // namespace live_labels
