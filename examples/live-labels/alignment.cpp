// SPDX-License-Identifier: MIT
#include "alignment.h"

#include <algorithm>
#include <utility>

namespace live_labels {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

unsigned byte_at(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

// Number of bytes that a character with this first byte has; 0 for none.
size_t sequence_length(unsigned first) {
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first < 0xE0) return 2;
  if (first >= 0xE0 && first < 0xF0) return 3;
  return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

constexpr int kEqual = 2;
constexpr int kDifferent = -1;

// Best scores of all pairs of prefixes, where what sticks out at the start is free.
class Scores {
 public:
  Scores(std::u32string_view a, std::u32string_view b) : columns_(b.size() + 1), cells_((a.size() + 1) * columns_) {
    for (size_t i = 1; i <= a.size(); ++i) {
      for (size_t j = 1; j <= b.size(); ++j) {
        const int paired = at(i - 1, j - 1) + (a[i - 1] == b[j - 1] ? kEqual : kDifferent);
        at(i, j) = std::max({paired, at(i - 1, j) + kDifferent, at(i, j - 1) + kDifferent});
      }
    }
  }
  int& at(size_t i, size_t j) { return cells_[i * columns_ + j]; }

  // Where the alignment ends: the best score of those that reach the end of either text.
  std::pair<size_t, size_t> best_end(size_t rows, size_t columns) {
    std::pair<size_t, size_t> best(rows, columns);
    for (size_t i = 0; i <= rows; ++i) take_better(best, i, columns);
    for (size_t j = 0; j <= columns; ++j) take_better(best, rows, j);
    return best;
  }

 private:
  void take_better(std::pair<size_t, size_t>& best, size_t i, size_t j) {
    if (at(i, j) > at(best.first, best.second)) best = {i, j};
  }

  size_t columns_;
  std::vector<int> cells_;
};

}  // namespace

std::u32string to_code_points(std::string_view utf8) {
  std::u32string text;
  for (size_t i = 0; i < utf8.size();) {
    const size_t length = sequence_length(byte_at(utf8, i));
    char32_t code = length == 1 ? byte_at(utf8, i) : byte_at(utf8, i) & (0x7FU >> length);
    size_t seen = 1;
    while (seen < length && i + seen < utf8.size() && (byte_at(utf8, i + seen) & 0xC0U) == 0x80U) {
      code = code << 6U | (byte_at(utf8, i + seen) & 0x3FU);
      ++seen;
    }
    text += length > 0 && seen == length ? code : kReplacement;
    i += seen;
  }
  return text;
}

std::string to_utf8(std::u32string_view text) {
  std::string utf8;
  for (const char32_t code : text) {
    if (code < 0x80) {
      utf8 += static_cast<char>(code);
      continue;
    }
    const int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    const unsigned mark = more == 1 ? 0xC0U : more == 2 ? 0xE0U : 0xF0U;
    utf8 += static_cast<char>(mark | static_cast<unsigned>(code >> (6U * static_cast<unsigned>(more))));
    for (int i = more - 1; i >= 0; --i) {
      utf8 += static_cast<char>(0x80U | (static_cast<unsigned>(code >> (6U * static_cast<unsigned>(i))) & 0x3FU));
    }
  }
  return utf8;
}

Alignment align(std::u32string_view pivot, std::u32string_view other) {
  Scores scores(pivot, other);
  Alignment alignment;
  alignment.at.resize(pivot.size());
  alignment.before.resize(pivot.size());
  auto [i, j] = scores.best_end(pivot.size(), other.size());
  alignment.score = scores.at(i, j);
  alignment.end = i;
  if (i == pivot.size()) alignment.tail = other.substr(j);
  while (i > 0 && j > 0) {
    const bool equal = pivot[i - 1] == other[j - 1];
    if (scores.at(i, j) == scores.at(i - 1, j - 1) + (equal ? kEqual : kDifferent)) {
      alignment.at[--i] = other[--j];
      alignment.matches += equal ? 1 : 0;
    } else if (scores.at(i, j) == scores.at(i, j - 1) + kDifferent) {
      --j;
      if (i < pivot.size()) alignment.before[i].insert(alignment.before[i].begin(), other[j]);
    } else {
      --i;
    }
  }
  alignment.begin = i;
  if (i == 0) alignment.head = other.substr(0, j);
  return alignment;
}

double similarity(const Alignment& alignment, size_t pivot_size, size_t other_size) {
  constexpr size_t kShort = 4;
  const size_t shorter = std::min(pivot_size, other_size);
  const size_t of = shorter < kShort ? std::max(pivot_size, other_size) : shorter;
  if (of == 0) return 1;
  return std::max(0.0, static_cast<double>(alignment.score) / static_cast<double>(kEqual * static_cast<int>(of)));
}

}  // namespace live_labels
