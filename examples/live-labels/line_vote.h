// SPDX-License-Identifier: MIT
// One line of a label, read several times.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace live_labels {

/// Votes character by character over aligned readings, each with the weight of its read.  Readings of a moving label
/// differ in single characters and in blanks, and many hold a part of the line only: they vote on that part.
class LineVote {
 public:
  /// Readings that are kept; beyond, the one with the least weight times length goes.
  static constexpr size_t kMostReadings = 32;

  struct Winner {
    std::string text;
    double agreement = 0;  ///< share of the votes on each character that it won with, mean over the characters
  };

  /// @param weight more than 0
  void add(std::u32string_view reading, double weight);
  /// The line as most of the weight has it; empty without readings.
  /// @param support readings that must have seen the ends of the line, else they are left out: one look at the edge of
  ///                the picture is not believed.  No more than readings() are asked for.
  Winner winner(size_t support) const;
  /// How much a text looks like a reading of this line, 0..1.
  double similarity_to(std::u32string_view reading) const;
  size_t readings() const { return readings_.size(); }

 private:
  struct Reading {
    std::u32string text;
    double weight = 0;
    double support = 0;  // by weight, how many characters of the other readings agree with it
  };
  void remove(size_t index);
  const Reading& pivot() const;
  std::u32string longest_supported() const;

  std::vector<Reading> readings_;
};

}  // namespace live_labels
