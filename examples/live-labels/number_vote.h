// SPDX-License-Identifier: MIT
// The shipment number of a label: what reads of the text and what barcodes say, and how far they agree.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tracking_number.h"

namespace live_labels {

/// How much a number is worth, from the strongest to the weakest.
enum class Agreement {
  confirmed,     ///< a barcode and the text hold the same
  conflict,      ///< a barcode and several reads hold different numbers: both are reported, neither is chosen
  barcode,       ///< only a barcode holds it
  text_checked,  ///< reads agree, and its check digit holds
  text_joined,   ///< put together from reads of its parts, and its check digit holds
  text_voted,    ///< reads agree; it has no check digit that holds
  text_single,   ///< too few reads agree
  none           ///< there is no number
};

/// "confirmed", "conflict", "barcode", "text-checked", "text-joined", "text-voted", "text-single", "none".
const char* agreement_name(Agreement agreement);

struct NumberVerdict {
  Agreement agreement = Agreement::none;
  TrackingNumber number;       ///< of the text; with `barcode` of the barcode; empty with `none`
  TrackingNumber other;        ///< with `conflict`: of the barcode
  size_t agreeing_reads = 0;   ///< reads that hold `number` exactly and whole
  double agreeing_weight = 0;  ///< their share of the weight of all reads that hold a number, 0..1
};

/// Collects the numbers of one label.
class NumberVote {
 public:
  /// @param min_reads reads that must agree before a number of the text is believed; at least 1
  explicit NumberVote(size_t min_reads) : min_reads_(min_reads) {}

  /// Adds the numbers of one read.
  void add_read(const std::vector<TrackingNumber>& numbers, double weight);
  /// Adds the content of a barcode.
  void add_barcode(std::string_view content);
  bool contains(const std::string& value) const { return numbers_.contains(value) || barcodes_.contains(value); }
  /// @param voted the lines of the voted text: they may hold a number that no read saw whole
  NumberVerdict verdict(const std::vector<std::string>& voted) const;

 private:
  struct Candidate {
    TrackingNumber number;
    size_t reads = 0;
    double weight = 0;
  };
  NumberVerdict text_verdict(const std::vector<std::string>& voted) const;
  NumberVerdict verdict_on(const Candidate& candidate, Agreement agreement) const;
  const Candidate* best(const std::vector<std::string>& voted) const;
  bool is_believed(const Candidate& candidate) const { return candidate.reads >= min_reads_; }

  size_t min_reads_;
  double weight_ = 0;                         // of all reads that hold a number
  std::map<std::string, Candidate> numbers_;  // by value
  std::set<std::string> barcodes_;            // normalised contents with the form of a shipment number
};

}  // namespace live_labels
