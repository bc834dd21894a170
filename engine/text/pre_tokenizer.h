// SPDX-License-Identifier: MIT
// Splitting text into the pieces that BPE works on, by the regular expressions of tokenizer.json (4.3, step 2).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// A pattern of tokenizer.json's `Split` with behaviour `Isolated`.
struct SplitPattern {
  std::string text;
  bool literal = false;  ///< `String` instead of `Regex`
};

/// Patterns that are applied one after the other, each to the pieces that the one before left.  Immutable; split() may
/// be called from several threads at once.
class PreTokenizer {
 public:
  /// @param origin the file, for messages
  /// @throws CheckpointError for a pattern that does not compile
  PreTokenizer(const std::vector<SplitPattern>& patterns, const std::string& origin);
  PreTokenizer(PreTokenizer&&) noexcept;
  PreTokenizer& operator=(PreTokenizer&&) noexcept;
  ~PreTokenizer();

  /// Pieces of `text` in order, none empty, together the whole text.  Matches and the gaps between them are pieces.
  /// Bytes that are not UTF-8 belong to no match: they stand between the well-formed parts around them.
  /// @throws EngineError(DSOCR_UNSUPPORTED) if a pattern needs more steps than the limit allows
  std::vector<std::string_view> split(std::string_view text) const;

 private:
  class Pattern;
  std::vector<Pattern> patterns_;
};

}  // namespace deepseekocr
