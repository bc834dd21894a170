// SPDX-License-Identifier: MIT
// Byte-level BPE tokenizer read from tokenizer.json (specification 4).
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// Immutable after loading; all const members may be called from several threads at once.
class Tokenizer {
 public:
  /// @throws CheckpointError / EngineError(DSOCR_NOT_FOUND) naming the file and the field.
  static Tokenizer from_file(const std::filesystem::path& path);
  /// The same from the text of a tokenizer.json; `origin` stands for the file in messages.
  static Tokenizer from_json(std::string_view text, const std::string& origin);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Text to ids: added tokens first (leftmost, then longest), then the pre-tokenizer's splits, then BPE.  No BOS.
  /// Bytes that are not valid UTF-8 are encoded as the bytes they are.  Time O(n log n) at most, memory O(n).
  /// @throws ArgumentError for a byte that the vocabulary has no token for (official: none), or beyond 1 GiB
  std::vector<int32_t> encode(std::string_view text) const;

  /// The bytes that an id stands for: added tokens give their text, ids without a token nothing.  Not necessarily
  /// whole UTF-8 characters.
  std::string_view token_bytes(int32_t id) const;

  /// Ids to text, special tokens kept, invalid UTF-8 and NUL replaced by U+FFFD (as Utf8Stream does).
  std::string decode(const std::vector<int32_t>& ids) const;

  /// Id of an added token or of a vocabulary entry that is spelled exactly so.
  std::optional<int32_t> find(std::string_view token) const;

  /// One more than the largest id that has a token.
  int32_t size() const;

 private:
  class Impl;
  explicit Tokenizer(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace deepseekocr
