// SPDX-License-Identifier: MIT
#include "line_vote.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "alignment.h"

namespace live_labels {
namespace {

// Longer lines are no label's; alignment takes the square.
constexpr size_t kLongestLine = 256;

template <typename Candidate>
struct Ballot {
  std::map<Candidate, double> votes;
  double total = 0;
  size_t voters = 0;

  void add(const Candidate& candidate, double weight) {
    votes[candidate] += weight;
    total += weight;
    ++voters;
  }
  /// The candidate with the most weight; among equals the smallest, so that the result does not depend on the order.
  const Candidate& winner() const {
    return std::max_element(votes.begin(), votes.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  double share() const { return votes.at(winner()) / total; }
};

// The votes at every position of the pivot and in the gaps before them.
struct Ballots {
  explicit Ballots(size_t size) : at(size), before(size) {}

  void add(const Alignment& alignment, double weight) {
    for (size_t i = alignment.begin; i < alignment.end; ++i) {
      at[i].add(alignment.at[i], weight);
      if (i > alignment.begin) before[i].add(alignment.before[i], weight);
    }
  }

  std::vector<Ballot<std::optional<char32_t>>> at;
  std::vector<Ballot<std::u32string>> before;
};

// Collects what won, and how clearly.
class Tally {
 public:
  void take(std::u32string_view part, double share) {
    text_ += part;
    sum_ += share * static_cast<double>(part.size());
  }
  LineVote::Winner winner() const {
    if (text_.empty()) return {};
    return {to_utf8(text_), sum_ / static_cast<double>(text_.size())};
  }

 private:
  std::u32string text_;
  double sum_ = 0;
};

// By weight, how many characters the others share with this one from its start on.
double shared_start(const std::u32string& text, const std::vector<std::pair<std::u32string, double>>& others) {
  double sum = 0;
  for (const auto& [other, weight] : others) {
    const auto differs = std::mismatch(text.begin(), text.end(), other.begin(), other.end()).first;
    sum += weight * static_cast<double>(differs - text.begin());
  }
  return sum;
}

// The part that most of the weight agrees with; empty if there is none.
std::u32string most_shared(const std::vector<std::pair<std::u32string, double>>& parts) {
  std::u32string best;
  double most = 0;
  for (const auto& [text, weight] : parts) {
    const double shared = shared_start(text, parts);
    if (shared <= most) continue;
    best = text;
    most = shared;
  }
  return best;
}

}  // namespace

void LineVote::add(std::u32string_view reading, double weight) {
  Reading added{std::u32string(reading.substr(0, kLongestLine)), weight, 0};
  for (Reading& other : readings_) {
    const auto matches = static_cast<double>(align(other.text, added.text).matches);
    other.support += matches * weight;
    added.support += matches * other.weight;
  }
  added.support += static_cast<double>(added.text.size()) * weight;
  readings_.push_back(std::move(added));
  if (readings_.size() <= kMostReadings) return;
  // Short parts of a line are read with most confidence, but whole lines are worth more.
  const auto worth = [](const Reading& one) { return one.weight * static_cast<double>(one.text.size()); };
  const auto lightest = std::min_element(readings_.begin(), readings_.end(),
                                         [&](const Reading& a, const Reading& b) { return worth(a) < worth(b); });
  remove(static_cast<size_t>(lightest - readings_.begin()));
}

void LineVote::remove(size_t index) {
  const Reading removed = std::move(readings_[index]);
  readings_.erase(readings_.begin() + static_cast<ptrdiff_t>(index));
  for (Reading& other : readings_) {
    other.support -= static_cast<double>(align(other.text, removed.text).matches) * removed.weight;
  }
}

const LineVote::Reading& LineVote::pivot() const {
  return *std::max_element(readings_.begin(), readings_.end(),
                           [](const Reading& a, const Reading& b) { return a.support < b.support; });
}

double LineVote::similarity_to(std::u32string_view reading) const {
  if (readings_.empty()) return 0;
  const std::u32string& text = pivot().text;
  const std::u32string_view part = reading.substr(0, kLongestLine);
  return similarity(align(text, part), text.size(), part.size());
}

// The pivot with what others saw beyond its ends.
std::u32string LineVote::longest_supported() const {
  std::u32string text = pivot().text;
  std::vector<std::pair<std::u32string, double>> heads;
  std::vector<std::pair<std::u32string, double>> tails;
  for (const Reading& reading : readings_) {
    const Alignment alignment = align(text, reading.text);
    // Heads are compared from where they meet the pivot.
    if (!alignment.head.empty())
      heads.emplace_back(std::u32string(alignment.head.rbegin(), alignment.head.rend()), reading.weight);
    if (!alignment.tail.empty()) tails.emplace_back(alignment.tail, reading.weight);
  }
  const std::u32string head = most_shared(heads);
  text.insert(text.begin(), head.rbegin(), head.rend());
  return text + most_shared(tails);
}

LineVote::Winner LineVote::winner(size_t support) const {
  if (readings_.empty()) return {};
  const std::u32string text = longest_supported();
  Ballots ballots(text.size());
  for (const Reading& reading : readings_) ballots.add(align(text, reading.text), reading.weight);
  const size_t needed = std::min(support, readings_.size());
  size_t begin = 0;
  size_t end = text.size();
  while (begin < end && ballots.at[begin].voters < needed) ++begin;
  while (end > begin && ballots.at[end - 1].voters < needed) --end;
  Tally tally;
  for (size_t i = begin; i < end; ++i) {
    if (i > begin && ballots.before[i].voters > 0) tally.take(ballots.before[i].winner(), ballots.before[i].share());
    if (const std::optional<char32_t> character = ballots.at[i].winner()) {
      tally.take(std::u32string_view(&*character, 1), ballots.at[i].share());
    }
  }
  return tally.winner();
}

}  // namespace live_labels
