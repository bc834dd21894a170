// SPDX-License-Identifier: MIT
#include "serving/sampler.h"

#include <algorithm>
#include <unordered_set>

namespace deepseekocr {

namespace {

/// Prompt and answer as one sequence, without copying them.
class History {
 public:
  History(std::span<const int32_t> prompt, std::span<const int32_t> answer) : prompt_(prompt), answer_(answer) {}
  size_t size() const { return prompt_.size() + answer_.size(); }
  int32_t operator[](size_t i) const { return i < prompt_.size() ? prompt_[i] : answer_[i - prompt_.size()]; }

 private:
  std::span<const int32_t> prompt_;
  std::span<const int32_t> answer_;
};

/// Whether the `length` ids before `end` equal the last `length` ids of all.  Looks at the last ones first: they differ
/// almost always.
bool ends_like_history(const History& history, size_t end, size_t length) {
  for (size_t back = 1; back <= length; ++back) {
    if (history[end - back] != history[history.size() - back]) return false;
  }
  return true;
}

}  // namespace

std::vector<int32_t> banned_ids(const NgramRule& rule, std::span<const int32_t> prompt,
                                std::span<const int32_t> answer) {
  std::vector<int32_t> banned;
  if (rule.size < 2) return banned;
  const auto size = static_cast<size_t>(rule.size);
  const bool classic = rule.window <= 0;
  const History history(classic ? prompt : std::span<const int32_t>(), answer);
  if (history.size() < size) return banned;

  size_t first = 0;
  if (!classic) first = history.size() - std::min(history.size(), static_cast<size_t>(rule.window));
  std::unordered_set<int32_t> seen(rule.whitelist.begin(), rule.whitelist.end());
  for (size_t start = first; start + size <= history.size(); ++start) {
    const size_t last = start + size - 1;
    if (ends_like_history(history, last, size - 1) && seen.insert(history[last]).second) {
      banned.push_back(history[last]);
    }
  }
  return banned;
}

bool LoopDetector::is_loop(size_t period) const {
  // Periods that real pages hold must pass: dot leaders, ruled lines, rows of equal digits, empty rows of a table.
  constexpr size_t kMinIds = 128;
  constexpr size_t kMinPeriods = 24;
  return repeated_[period - 1] + period >= std::max(kMinIds, kMinPeriods * period);
}

std::optional<size_t> LoopDetector::push(int32_t id) {
  std::optional<size_t> keep;
  for (size_t period = 1; period <= kMaxPeriod; ++period) {
    size_t& repeated = repeated_[period - 1];
    const bool same = period <= count_ && recent_[(count_ - period) % kMaxPeriod] == id;
    repeated = same ? repeated + 1 : 0;
    if (!keep && is_loop(period)) keep = count_ + 1 - repeated;
  }
  recent_[count_ % kMaxPeriod] = id;
  ++count_;
  return keep;
}

}  // namespace deepseekocr
