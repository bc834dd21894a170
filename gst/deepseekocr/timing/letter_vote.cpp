// SPDX-License-Identifier: MIT
#include "deepseekocr/timing/letter_vote.h"

#include <algorithm>
#include <map>
#include <utility>

namespace deepseekocr::plugin {
namespace {

using Characters = std::vector<std::string_view>;

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

Characters characters(std::string_view text) {
  Characters result;
  for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
    for (end = begin + 1; end < text.size() && continues_character(text[end]);) ++end;
    result.push_back(text.substr(begin, end - begin));
  }
  return result;
}

/// Even a guess counts.
double weight_of(double confidence) {
  return std::max(confidence, 0.01);
}

/// A reading, taken apart.
struct Text {
  explicit Text(const Ballot& ballot) : letters(characters(ballot.text)), weights(letters.size() + 1) {
    const bool each = ballot.letters.size() == letters.size();
    for (size_t i = 0; i < letters.size(); ++i) weights[i] = weight_of(each ? ballot.letters[i] : ballot.confidence);
    weights.back() = letters.empty() ? weight_of(ballot.confidence) : weights[letters.size() - 1];
    whole = weight_of(ballot.confidence);
  }
  Characters letters;
  std::vector<double> weights; /**< of each, and of the end */
  double whole;                /**< of the text as one */
};

/// Least edits from the first i characters of `a` to the first j of `b`, for all i and j, row by row.
std::vector<size_t> edit_table(const Characters& a, const Characters& b) {
  const size_t columns = b.size() + 1;
  std::vector<size_t> table((a.size() + 1) * columns);
  for (size_t j = 0; j < columns; ++j) table[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    table[i * columns] = i;
    for (size_t j = 1; j < columns; ++j) {
      const size_t* above = &table[(i - 1) * columns + j];
      const size_t replaced = above[-1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      table[i * columns + j] = std::min({replaced, above[0] + 1, table[i * columns + j - 1] + 1});
    }
  }
  return table;
}

/// What has most weight at a place; where that is shared, what was there from the beginning.
class Place {
 public:
  explicit Place(std::string_view standing) : standing_(standing) { weights_[standing_] = 0; }
  void add(const std::string& part, double weight) { weights_[part] += weight; }
  /// @return it, and its weight
  const std::pair<const std::string, double>& winner() const {
    auto best = weights_.find(standing_);
    for (auto one = weights_.begin(); one != weights_.end(); ++one)
      if (one->second > best->second * kRounding) best = one;
    return *best;
  }

 private:
  static constexpr double kRounding = 1 + 1e-9;
  std::string standing_;
  std::map<std::string, double> weights_;
};

/// The places of the text that all are laid on: its letters, before each of them, and behind the last.
class Places {
 public:
  explicit Places(const Text& pivot)
      : pivot_(pivot), at_(pivot.letters.begin(), pivot.letters.end()), before_(at_.size() + 1, Place("")) {}

  void add(const Text& text);
  Election winner() const {
    Election election;
    for (size_t i = 0; i < at_.size(); ++i) {
      append(before_[i], &election);
      append(at_[i], &election);
    }
    append(before_.back(), &election);
    return election;
  }

 private:
  void append(const Place& place, Election* election) const {
    const auto& [part, weight] = place.winner();
    election->text += part;
    election->letters.insert(election->letters.end(), count_characters(part), static_cast<float>(weight / voters_));
  }

  const Text& pivot_;
  double voters_ = 0;
  std::vector<Place> at_, before_;
};

void Places::add(const Text& text) {
  const std::vector<size_t> table = edit_table(pivot_.letters, text.letters);
  if (2 * table.back() > std::max(pivot_.letters.size(), text.letters.size())) return;
  ++voters_;
  const size_t columns = text.letters.size() + 1;
  size_t i = pivot_.letters.size(), j = text.letters.size();
  std::string between;              // letters of the text before the pivot's letter i
  double weight = text.weights[j];  // of these, or of the letter behind where there are none
  const auto close = [&] {          // comes to the pivot's letter before i
    before_[i].add(between, weight);
    between.clear();
  };
  while (i > 0 || j > 0) {
    const size_t edits = table[i * columns + j];
    const bool both = i > 0 && j > 0;
    if (both && edits == table[(i - 1) * columns + j - 1] + (pivot_.letters[i - 1] == text.letters[j - 1] ? 0 : 1)) {
      close();
      --i;
      --j;
      at_[i].add(std::string(text.letters[j]), text.weights[j]);
      weight = text.weights[j];
    } else if (i > 0 && edits == table[(i - 1) * columns + j] + 1) {
      close();
      at_[--i].add("", text.weights[j]);
      weight = text.weights[j];
    } else {
      --j;
      weight = between.empty() ? text.weights[j] : std::min(weight, text.weights[j]);
      between.insert(0, text.letters[j]);
    }
  }
  close();
}

/// The reading that differs least from all, each by its confidence; among equals the surest.
const Text& choose_pivot(const std::vector<Text>& texts) {
  std::vector<double> edits(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    for (size_t j = i + 1; j < texts.size(); ++j) {
      const auto between = static_cast<double>(edit_table(texts[i].letters, texts[j].letters).back());
      edits[i] += texts[j].whole * between;
      edits[j] += texts[i].whole * between;
    }
  }
  size_t best = 0;
  for (size_t i = 1; i < texts.size(); ++i) {
    const bool equal = edits[i] == edits[best];
    if (edits[i] < edits[best] || (equal && texts[i].whole > texts[best].whole)) best = i;
  }
  return texts[best];
}

}  // namespace

size_t count_characters(std::string_view text) {
  return characters(text).size();
}

Election vote_by_letter(const std::vector<Ballot>& ballots) {
  if (ballots.empty()) return {};
  const auto is_long = [](const Ballot& ballot) { return ballot.text.size() > kLongestVote; };
  if (std::any_of(ballots.begin(), ballots.end(), is_long)) {
    const auto less_sure = [](const Ballot& a, const Ballot& b) { return a.confidence < b.confidence; };
    return {std::max_element(ballots.begin(), ballots.end(), less_sure)->text, {}};
  }
  const std::vector<Text> texts(ballots.begin(), ballots.end());
  Places places(choose_pivot(texts));
  for (const Text& text : texts) places.add(text);
  return places.winner();
}

}  // namespace deepseekocr::plugin
