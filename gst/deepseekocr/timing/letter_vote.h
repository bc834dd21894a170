// SPDX-License-Identifier: MIT
// Several readings of one text become the one that they say together, letter by letter.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr::plugin {

struct Ballot {
  std::string text;             /**< UTF-8 */
  double confidence = 0;        /**< of the whole text, 0 to 1 */
  std::vector<float> letters{}; /**< of each of its characters, 0 to 1; empty: `confidence` holds for all */
};

/// What readings say together.
struct Election {
  std::string text;
  std::vector<float> letters; /**< of each of its characters: its weight over the number of those who voted, 0 to 1 */
};

/// Bytes of the longest text that is voted on: more than a screen of subtitles, and a bound on time that is squared.
constexpr size_t kLongestVote = 512;

/// Characters of a UTF-8 text.  A byte that belongs to none is one.
size_t count_characters(std::string_view text);

/// Lays the readings on the one that differs least from all, by edit distance, and takes at each place what has most
/// weight there: a letter, none, or letters between two.  A reading's weight at a place is its confidence there; what
/// it lacks has that of the letter behind.  Where weights are equal, the letter of
/// the one that all were laid on stays.  Readings that have less than half in common with it have no say.
/// @return that text; where one of the texts is too long, the surest, without letters; empty without readings
Election vote_by_letter(const std::vector<Ballot>& ballots);

}  // namespace deepseekocr::plugin
