// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/group_reads.h"

#include <algorithm>
#include <utility>

#include "deepseekocr/timing/text_similarity.h"

namespace deepseekocr::plugin {
namespace {

/// Frames without text that are read before a run counts as one without text: the middle and both quarters.
constexpr size_t kEmptyReads = 3;

}  // namespace

size_t GroupReads::count_of(const std::string& text) const {
  return std::count_if(reads_.begin(), reads_.end(), [&](const Read& read) { return read.text == text; });
}

/// Whether it is worth reading more often than confirmation asks for.
bool GroupReads::is_unsure() const {
  if (vote_ < 2) return false;
  const std::string* text = nullptr;
  for (const Read& read : reads_) {
    if (read.text.empty()) continue;
    if (read.confidence_min < kSure || (text != nullptr && *text != read.text)) return true;
    text = &read.text;
  }
  return false;
}

bool GroupReads::is_settled() const {
  size_t most = 0, empty = 0;
  for (const Read& read : reads_) {
    if (read.text.empty())
      ++empty;
    else
      most = std::max(most, count_of(read.text));
  }
  // More than half of what may be read at most.
  const size_t wanted = is_unsure() ? std::max(confirm_, vote_ / 2 + 1) : confirm_;
  return most >= wanted || (empty == reads_.size() && empty >= kEmptyReads);
}

std::optional<GroupReads::Look> GroupReads::next() const {
  const size_t most = is_unsure() ? vote_ : order_.size();
  if (reads_.size() >= most || is_settled()) return std::nullopt;
  // What a model takes for another letter, it takes for that in each frame; at another place it may not.
  return Look{order_[reads_.size() % order_.size()], vote_ > 1 ? reads_.size() : 0};
}

size_t GroupReads::nearest_to(const std::string& text) const {
  const auto farther = [&](const Read& a, const Read& b) {
    const double near_a = text_similarity(a.text, text), near_b = text_similarity(b.text, text);
    return near_a != near_b ? near_a < near_b : a.confidence < b.confidence;
  };
  return std::max_element(reads_.begin(), reads_.end(), farther) - reads_.begin();
}

/// What several readings say letter by letter; nothing where there are not several.
Election GroupReads::elect() const {
  std::vector<Ballot> ballots;
  for (const Read& read : reads_)
    if (!read.text.empty()) ballots.push_back({read.text, read.confidence_min, read.letters});
  return ballots.size() > 1 ? vote_by_letter(ballots) : Election{};
}

GroupReads::Outcome GroupReads::outcome() const {
  const auto worse = [this](const Read& a, const Read& b) {
    if (a.text.empty() != b.text.empty()) return a.text.empty();
    const size_t count_a = count_of(a.text), count_b = count_of(b.text);
    return count_a != count_b ? count_a < count_b : a.confidence < b.confidence;
  };
  const auto best = std::max_element(reads_.begin(), reads_.end(), worse);
  Outcome outcome{static_cast<size_t>(best - reads_.begin()), best->text, {}, true, false};
  if (Election election = vote_ > 1 ? elect() : Election{}; !election.text.empty()) {
    outcome.text = std::move(election.text);
    outcome.letters = std::move(election.letters);
    outcome.read = nearest_to(outcome.text);
  }
  const size_t count = count_of(outcome.text);
  outcome.agreement = count >= reads_.size() || count >= confirm_;
  outcome.single_read = count < 2;
  return outcome;
}

}  // namespace deepseekocr::plugin
