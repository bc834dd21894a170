// SPDX-License-Identifier: MIT
// Byte-pair encoding by merge rank (specification 4.3, step 4).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace deepseekocr {

/// The merge rules of a vocabulary.  Filled once, then immutable.
class BytePairEncoder {
 public:
  BytePairEncoder();

  /// Makes `id` the token of a single byte.
  void set_byte_token(uint8_t byte, int32_t id);
  void reserve_merges(size_t count);
  /// Adds the next rule, in order of rank: `left` and `right` become `merged`.  The first of equal rules stays.
  void add_merge(int32_t left, int32_t right, int32_t merged);

  /// Appends the ids of one pre-tokenized piece.  O(n log n) for n bytes; at most 2^30 of them.
  /// @throws ArgumentError for a byte that has no token
  void encode(std::string_view piece, std::vector<int32_t>& ids) const;

 private:
  struct Merge {
    int32_t rank;
    int32_t merged;
  };
  class Word;

  const Merge* find_merge(int32_t left, int32_t right) const;

  std::array<int32_t, 256> byte_tokens_;
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace deepseekocr
