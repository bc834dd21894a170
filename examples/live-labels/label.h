// SPDX-License-Identifier: MIT
// One label that is in front of the camera: everything that was read of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "line_vote.h"
#include "number_vote.h"

namespace live_labels {

/// One reading of one frame.
struct Read {
  uint64_t time = 0;      ///< nanoseconds
  std::string text;       ///< lines separated by newlines
  double confidence = 0;  ///< 0..1, as the model has it
  double sharpness = 0;   ///< of the frame, more than 0; only ratios count
};

/// A barcode that was decoded on a frame.
struct Barcode {
  uint64_t time = 0;
  std::string type;
  std::string content;
};

/// What is known of a label.
struct LabelState {
  uint64_t first = 0;  ///< time of the first and of the last frame that showed it
  uint64_t last = 0;
  size_t reads = 0;
  std::string text;       ///< voted, line by line
  double agreement = 0;   ///< mean share of the votes behind each character, 0..1
  std::string best_read;  ///< the heaviest read as it came
  double confidence = 0;  ///< of that read
  NumberVerdict number;
  std::vector<Barcode> barcodes;
};

/// Lines of a text without the blanks around them, without empty ones.
std::vector<std::string> lines_of(const std::string& text);

/// Not thread-safe.
class Label {
 public:
  /// @param min_reads reads that must agree before a number or a line of the text is believed
  explicit Label(size_t min_reads) : min_reads_(min_reads), number_(min_reads) {}

  /// How much of a reading belongs to this label: the share of its characters in lines that are known here, 0..1; 1 if
  /// it holds a number that is known here.
  double affinity(const std::string& text) const;
  void add(const Read& read);
  void add(const Barcode& barcode);
  LabelState state() const;
  /// Whether such a barcode was seen on it.
  bool holds(const Barcode& barcode) const;
  const std::vector<Barcode>& barcodes() const { return barcodes_; }
  bool has_reads() const { return reads_ > 0; }
  uint64_t last() const { return last_; }
  /// Of labels that were seen at the same time the one that was read more often.
  bool seen_later_than(const Label& other) const {
    return std::pair(last_, reads_) > std::pair(other.last_, other.reads_);
  }

 private:
  struct Line {
    LineVote vote;
    double position = 0;  // mean of where it stood in its reads, 0..1, by weight
    double weight = 0;
  };
  Line* find_line(const std::u32string& text, const std::set<Line*>& taken);
  void see(uint64_t time);
  std::vector<const Line*> believed_lines() const;

  size_t min_reads_;
  uint64_t first_ = 0;
  uint64_t last_ = 0;
  bool seen_ = false;
  size_t reads_ = 0;
  std::deque<Line> lines_;
  NumberVote number_;
  std::vector<Barcode> barcodes_;
  std::string best_read_;
  double best_weight_ = 0;
  double best_confidence_ = 0;
};

}  // namespace live_labels
