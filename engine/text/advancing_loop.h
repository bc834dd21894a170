// SPDX-License-Identifier: MIT
// Answers that repeat one block for ever while its numbers count on (specification 9.22b): no rule on equal ids sees
// them, because every block differs in its coordinates.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// Watches the text of one answer as it comes.  Blocks are grounded matches with their content, or, before the first
/// match, lines.  A run of blocks is a loop if
///  - their text is equal once digits are masked, and every number in it changes by the same amount from block to block
///    (0 included), so rows of a real table, statement or list go on being text; and
///  - their first boxes, where they have any, step by the same amount (±2 of 999) from block to block; and
///  - it is long: 12 grounded blocks, or 24 lines, with at least 16 letters; 64 blocks if there are fewer letters, and
///    then, without any letter, with equal numbers.
/// Blocks without letters and digits (empty lines, rules) neither count nor break a run.
class AdvancingLoopDetector {
 public:
  /// Adds text, cut anywhere.  @return the number of bytes of the whole answer to keep if it is now a loop (one block
  /// stays), else nothing.  Amortised linear.
  std::optional<size_t> push(std::string_view piece);

 private:
  struct Block {
    std::string words;            // digits masked, coordinates left out
    std::vector<double> numbers;  // of the text
    std::vector<double> box;      // coordinates of the first box, or empty
    size_t letters = 0;
    bool grounded = false;
  };

  static Block read_block(std::string_view text);
  static bool continues(const Block& previous, const Block& next);
  size_t block_length(std::string_view text);
  std::optional<size_t> add(Block block, size_t offset, size_t end);
  bool is_long_enough(const Block& block) const;

  std::string pending_;  // the block that is not complete yet
  size_t searched_ = 0;  // bytes of it that hold no end
  size_t offset_ = 0;    // of pending_ in the answer
  std::optional<Block> last_;
  std::vector<double> step_;  // numbers and box of the last block minus those of the one before
  size_t run_ = 0;            // blocks in the present run
  size_t keep_ = 0;           // end of the run's first block
};

/// Looks for a loop in a whole answer.  @return bytes to keep, or nothing
std::optional<size_t> find_advancing_loop(std::string_view text);

}  // namespace deepseekocr
