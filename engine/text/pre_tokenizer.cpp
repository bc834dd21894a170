// SPDX-License-Identifier: MIT
#include "text/pre_tokenizer.h"

#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/pcre2_handles.h"
#include "text/utf8.h"

#if PCRE2_MAJOR < 10 || (PCRE2_MAJOR == 10 && PCRE2_MINOR < 40)
#error "PCRE2 10.40 or newer is needed for \p{White_Space}"
#endif

namespace deepseekocr {

namespace {

using pcre2::as_units;
using pcre2::Code;
using pcre2::error_text;
using pcre2::MatchData;

/// tokenizer.json is written for Oniguruma, whose `\s` is Unicode's White_Space; that of PCRE2 also holds U+180E.
std::string with_unicode_white_space(std::string_view pattern) {
  std::string result;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '\\' || i + 1 == pattern.size()) {
      result += pattern[i];
      continue;
    }
    const char escaped = pattern[++i];
    if (escaped == 's') {
      result += "\\p{White_Space}";
    } else if (escaped == 'S') {
      result += "\\P{White_Space}";
    } else {
      result += {'\\', escaped};
    }
  }
  return result;
}

}  // namespace

class PreTokenizer::Pattern {
 public:
  Pattern(const SplitPattern& pattern, const std::string& origin) : text_(pattern.text) {
    const std::string translated = pattern.literal ? pattern.text : with_unicode_white_space(pattern.text);
    const uint32_t options = PCRE2_UTF | (pattern.literal ? PCRE2_LITERAL : PCRE2_UCP);
    int error = 0;
    PCRE2_SIZE offset = 0;
    code_.reset(pcre2_compile(as_units(translated), translated.size(), options, &error, &offset, nullptr));
    if (!code_) {
      throw CheckpointError(origin + ": the pattern \"" + text_ +
                            "\" in \"pre_tokenizer\" cannot be compiled: " + error_text(error) + ".");
    }
    pcre2_jit_compile(code_.get(), PCRE2_JIT_COMPLETE);  // where it fails, matching is interpreted
  }

  /// Appends the pieces of `text`, which is well-formed UTF-8.
  void split(std::string_view text, std::vector<std::string_view>& pieces) const {
    const MatchData data(pcre2_match_data_create_from_pattern(code_.get(), nullptr));
    if (!data) throw EngineError(DSOCR_OUT_OF_MEMORY, "There is no memory left to split the text.");
    size_t piece_start = 0;
    size_t search_start = 0;
    const auto end_piece = [&](size_t end) {
      if (end > piece_start) pieces.push_back(text.substr(piece_start, end - piece_start));
      piece_start = end;
    };
    while (search_start < text.size() && match(text, search_start, data.get())) {
      const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(data.get());
      end_piece(bounds[0]);
      end_piece(bounds[1]);
      search_start = bounds[1];
      // Behind an empty match the search goes on one character further, or it would not end.
      if (bounds[1] == bounds[0] && search_start < text.size()) {
        search_start += first_utf8_sequence(text.substr(search_start)).length;
      }
    }
    end_piece(text.size());
  }

 private:
  /// @return whether there is a match at or behind `start`
  bool match(std::string_view text, size_t start, pcre2_match_data* data) const {
    // Checking the whole rest for UTF-8 at every match would make splitting quadratic; the caller did it once.
    int found = pcre2_match(code_.get(), as_units(text), text.size(), start, PCRE2_NO_UTF_CHECK, data, nullptr);
    if (found == PCRE2_ERROR_JIT_STACKLIMIT) {  // the interpreter keeps its state on the heap
      found = pcre2_match(code_.get(), as_units(text), text.size(), start, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT, data,
                          nullptr);
    }
    if (found == PCRE2_ERROR_NOMATCH) return false;
    if (found < 0) {
      throw EngineError(DSOCR_UNSUPPORTED, "The tokenizer's pattern \"" + text_ + "\" cannot split a text of " +
                                               std::to_string(text.size()) + " bytes: " + error_text(found) +
                                               "; use a shorter text.");
    }
    return true;
  }

  std::string text_;
  Code code_;
};

PreTokenizer::PreTokenizer(const std::vector<SplitPattern>& patterns, const std::string& origin) {
  patterns_.reserve(patterns.size());
  for (const SplitPattern& pattern : patterns) patterns_.emplace_back(pattern, origin);
}

PreTokenizer::PreTokenizer(PreTokenizer&&) noexcept = default;
PreTokenizer& PreTokenizer::operator=(PreTokenizer&&) noexcept = default;
PreTokenizer::~PreTokenizer() = default;

std::vector<std::string_view> PreTokenizer::split(std::string_view text) const {
  std::vector<std::string_view> pieces;
  if (!text.empty()) pieces.push_back(text);
  for (const Pattern& pattern : patterns_) {
    std::vector<std::string_view> smaller;
    smaller.reserve(pieces.size());
    for (std::string_view piece : pieces) {
      while (!piece.empty()) {
        const size_t valid = valid_utf8_prefix(piece);
        if (valid > 0) pattern.split(piece.substr(0, valid), smaller);
        piece.remove_prefix(valid);
        if (piece.empty()) break;
        const size_t broken = first_utf8_sequence(piece).length;
        smaller.push_back(piece.substr(0, broken));
        piece.remove_prefix(broken);
      }
    }
    pieces = std::move(smaller);
  }
  return pieces;
}

}  // namespace deepseekocr
