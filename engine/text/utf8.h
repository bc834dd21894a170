// SPDX-License-Identifier: MIT
// Looking at UTF-8 one sequence at a time (Unicode 15, table 3-7).
#pragma once

#include <cstddef>
#include <string_view>

namespace deepseekocr {

/// An ASCII digit, whatever the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// What the first bytes of a text are.
struct Utf8Sequence {
  enum Kind {
    complete,    ///< one character
    incomplete,  ///< the text ends inside a character that is right so far
    broken,      ///< a maximal subpart of an ill-formed sequence: to be replaced by one U+FFFD
  };
  Kind kind;
  size_t length;  ///< bytes; at least 1
};

/// Classifies the sequence at the start of `text`, which must not be empty.
Utf8Sequence first_utf8_sequence(std::string_view text);

/// Length in bytes of the longest prefix that is well-formed UTF-8.
size_t valid_utf8_prefix(std::string_view text);

/// The longest prefix of at most `limit` bytes that does not cut a character (of well-formed text).
std::string_view utf8_prefix(std::string_view text, size_t limit);

/// Removes white space at both ends, as Python's str.strip() does (all of Unicode's, and U+001C…U+001F).
std::string_view strip_white_space(std::string_view text);

}  // namespace deepseekocr
