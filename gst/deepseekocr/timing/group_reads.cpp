// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/group_reads.h"

#include <algorithm>
#include <utility>

namespace deepseekocr::plugin {
namespace {

/// Frames without text that are read before a run counts as one without text: the middle and both quarters.
constexpr size_t kEmptyReads = 3;

}  // namespace

size_t GroupReads::count_of(const std::string& text) const {
  return std::count_if(reads_.begin(), reads_.end(), [&](const Read& read) { return read.text == text; });
}

bool GroupReads::is_settled() const {
  size_t most = 0, empty = 0;
  for (const Read& read : reads_) {
    if (read.text.empty())
      ++empty;
    else
      most = std::max(most, count_of(read.text));
  }
  return most >= confirm_ || (empty == reads_.size() && empty >= kEmptyReads);
}

std::optional<size_t> GroupReads::next() const {
  if (reads_.size() >= order_.size() || is_settled()) return std::nullopt;
  return order_[reads_.size()];
}

void GroupReads::add(std::string text, double confidence) {
  reads_.push_back({std::move(text), confidence});
}

GroupReads::Outcome GroupReads::outcome() const {
  const auto worse = [this](const Read& a, const Read& b) {
    if (a.text.empty() != b.text.empty()) return a.text.empty();
    const size_t count_a = count_of(a.text), count_b = count_of(b.text);
    return count_a != count_b ? count_a < count_b : a.confidence < b.confidence;
  };
  const auto best = std::max_element(reads_.begin(), reads_.end(), worse);
  const size_t count = count_of(best->text);
  const bool contradicted = count < reads_.size() && count < confirm_;
  return {static_cast<size_t>(best - reads_.begin()), !contradicted, count == 1};
}

}  // namespace deepseekocr::plugin
