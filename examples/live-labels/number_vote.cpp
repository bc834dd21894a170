// SPDX-License-Identifier: MIT
#include "number_vote.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "characters.h"

namespace live_labels {
namespace {

TrackingNumber number_of(const std::string& value) {
  return {value, matching_schemes(value)};
}

bool is_part_of(const std::string& part, const std::string& whole) {
  return part.size() < whole.size() && whole.find(part) != std::string::npos;
}

// Whether the line, normalised, has the value inside a longer run of digits.
bool goes_on(const std::string& value, const std::string& line) {
  const std::string text = normalise(line);
  for (size_t at = text.find(value); at != std::string::npos; at = text.find(value, at + 1)) {
    const size_t end = at + value.size();
    if ((at > 0 && is_digit(text[at - 1])) || (end < text.size() && is_digit(text[end]))) return true;
  }
  return false;
}

// The numbers of the voted text whose check digit holds.
std::vector<TrackingNumber> plausible_numbers(const std::vector<std::string>& voted) {
  std::vector<TrackingNumber> numbers;
  for (const std::string& line : voted) {
    for (TrackingNumber& number : find_tracking_numbers(line)) {
      if (number.plausible()) numbers.push_back(std::move(number));
    }
  }
  return numbers;
}

}  // namespace

const char* agreement_name(Agreement agreement) {
  switch (agreement) {
    case Agreement::confirmed:
      return "confirmed";
    case Agreement::conflict:
      return "conflict";
    case Agreement::barcode:
      return "barcode";
    case Agreement::text_checked:
      return "text-checked";
    case Agreement::text_joined:
      return "text-joined";
    case Agreement::text_voted:
      return "text-voted";
    case Agreement::text_single:
      return "text-single";
    case Agreement::none:
      break;
  }
  return "none";
}

void NumberVote::add_read(const std::vector<TrackingNumber>& numbers, double weight) {
  if (numbers.empty()) return;
  weight_ += weight;
  for (const TrackingNumber& number : numbers) {
    Candidate& candidate = numbers_[number.value];
    candidate.number = number;
    ++candidate.reads;
    candidate.weight += weight;
  }
}

void NumberVote::add_barcode(std::string_view content) {
  std::string value = normalise(content);
  // A label may also carry codes of goods, routing or the sender's own: they say nothing about the number.
  if (has_known_form(value)) barcodes_.insert(std::move(value));
}

// Agreement of reads counts before the check digit, which a wrong number may pass; then weight.  A part of a longer
// number may pass a check by chance as well, and is no number of its own.
const NumberVote::Candidate* NumberVote::best(const std::vector<std::string>& voted) const {
  const auto is_part = [&](const Candidate& candidate) {
    const std::string& value = candidate.number.value;
    return std::any_of(voted.begin(), voted.end(), [&](const std::string& line) { return goes_on(value, line); }) ||
           std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& entry) {
             const Candidate& other = entry.second;
             return is_believed(other) && other.number.plausible() && is_part_of(value, other.number.value);
           });
  };
  const auto rank = [this](const Candidate& candidate) {
    return std::tuple(is_believed(candidate), candidate.number.plausible(), candidate.weight);
  };
  const Candidate* best = nullptr;
  for (const auto& [value, candidate] : numbers_) {
    if ((best == nullptr || rank(candidate) > rank(*best)) && !is_part(candidate)) best = &candidate;
  }
  return best;
}

NumberVerdict NumberVote::verdict_on(const Candidate& candidate, Agreement agreement) const {
  return {agreement, candidate.number, {}, candidate.reads, candidate.weight / weight_};
}

NumberVerdict NumberVote::text_verdict(const std::vector<std::string>& voted) const {
  const Candidate* text = best(voted);
  if (text != nullptr && is_believed(*text) && text->number.plausible())
    return verdict_on(*text, Agreement::text_checked);
  const std::vector<TrackingNumber> joined = plausible_numbers(voted);
  if (!joined.empty()) {
    const auto seen = numbers_.find(joined.front().value);
    if (seen != numbers_.end()) return verdict_on(seen->second, Agreement::text_joined);
    return {Agreement::text_joined, joined.front(), {}, 0, 0};
  }
  if (text == nullptr) return {};
  return verdict_on(*text, is_believed(*text) ? Agreement::text_voted : Agreement::text_single);
}

NumberVerdict NumberVote::verdict(const std::vector<std::string>& voted) const {
  const auto both = std::find_if(barcodes_.begin(), barcodes_.end(),
                                 [this](const std::string& value) { return numbers_.contains(value); });
  if (both != barcodes_.end()) return verdict_on(numbers_.at(*both), Agreement::confirmed);
  NumberVerdict verdict = text_verdict(voted);
  if (barcodes_.empty()) return verdict;
  const TrackingNumber barcode = number_of(*barcodes_.begin());
  if (verdict.number.value == barcode.value) {
    verdict.agreement = Agreement::confirmed;
  } else if (verdict.agreement < Agreement::text_single) {
    verdict.agreement = Agreement::conflict;
    verdict.other = barcode;
  } else {
    verdict = {Agreement::barcode, barcode, {}, 0, 0};
  }
  return verdict;
}

}  // namespace live_labels
