// SPDX-License-Identifier: MIT
#include "number_vote.h"

#include <algorithm>
#include <tuple>

namespace live_labels {
namespace {

TrackingNumber number_of(const std::string& value) {
  return {value, matching_schemes(value)};
}

bool is_part_of(const std::string& part, const std::string& whole) {
  return part.size() < whole.size() && whole.find(part) != std::string::npos;
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

// Agreement of reads counts before the check digit, which a wrong number may pass; then weight.  The beginning of a
// longer number may pass a check by chance as well, and is no number of its own.
const NumberVote::Candidate* NumberVote::best() const {
  const auto is_part = [this](const Candidate& candidate) {
    return std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& entry) {
      const Candidate& other = entry.second;
      return is_believed(other) && other.number.plausible() && is_part_of(candidate.number.value, other.number.value);
    });
  };
  const auto rank = [this](const Candidate& candidate) {
    return std::tuple(is_believed(candidate), candidate.number.plausible(), candidate.weight);
  };
  const Candidate* best = nullptr;
  for (const auto& [value, candidate] : numbers_) {
    if (!is_part(candidate) && (best == nullptr || rank(candidate) > rank(*best))) best = &candidate;
  }
  return best;
}

NumberVerdict NumberVote::verdict_on(const Candidate& candidate, Agreement agreement) const {
  return {agreement, candidate.number, {}, candidate.reads, candidate.weight / weight_};
}

NumberVerdict NumberVote::text_verdict(const std::vector<TrackingNumber>& joined) const {
  const Candidate* text = best();
  const auto whole =
      std::find_if(joined.begin(), joined.end(), [](const TrackingNumber& number) { return number.plausible(); });
  const bool is_part = text != nullptr && whole != joined.end() && is_part_of(text->number.value, whole->value);
  if (text != nullptr && is_believed(*text) && text->number.plausible() && !is_part)
    return verdict_on(*text, Agreement::text_checked);
  if (whole != joined.end()) {
    const auto seen = numbers_.find(whole->value);
    if (seen != numbers_.end()) return verdict_on(seen->second, Agreement::text_joined);
    return {Agreement::text_joined, *whole, {}, 0, 0};
  }
  if (text == nullptr) return {};
  return verdict_on(*text, is_believed(*text) ? Agreement::text_voted : Agreement::text_single);
}

NumberVerdict NumberVote::verdict(const std::vector<TrackingNumber>& joined) const {
  const auto both = std::find_if(barcodes_.begin(), barcodes_.end(),
                                 [this](const std::string& value) { return numbers_.contains(value); });
  if (both != barcodes_.end()) return verdict_on(numbers_.at(*both), Agreement::confirmed);
  NumberVerdict verdict = text_verdict(joined);
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
