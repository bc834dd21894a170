// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/text_similarity.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

namespace deepseekocr::plugin {
namespace {

/// Bytes that are compared: more than a screen of subtitles, and a bound on time that is squared.
constexpr size_t kLongest = 512;

std::string compact(std::string_view text) {
  std::string result;
  for (const char c : text.substr(0, kLongest))
    if (c != ' ' && c != '\n' && c != '\t') result += c;
  return result;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

}  // namespace

double text_similarity(std::string_view a, std::string_view b) {
  const std::string first = compact(a), second = compact(b);
  const size_t longest = std::max(first.size(), second.size());
  if (longest == 0) return 1.0;
  return 1.0 - static_cast<double>(edit_distance(first, second)) / static_cast<double>(longest);
}

}  // namespace deepseekocr::plugin
