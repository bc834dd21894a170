// SPDX-License-Identifier: MIT
// Finding added tokens (such as `<|ref|>`) in a text before anything else looks at it (specification 4.3, step 1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace deepseekocr {

/// A set of literal strings, searched leftmost first and longest among those that start at the same place.
class AddedTokens {
 public:
  /// A find: bytes [offset, offset + length) of the text are the token `id`.
  struct Match {
    size_t offset = 0;
    size_t length = 0;
    int32_t id = 0;
  };

  AddedTokens();

  /// Adds a token.  @param content not empty, not added before
  void add(std::string_view content, int32_t id);

  /// The first token at or behind `start`.  Time: length of the text × length of the longest token at worst, and one
  /// table look-up for each byte that begins no token.
  std::optional<Match> find(std::string_view text, size_t start) const;

 private:
  /// A trie node.  Children of one node form a list; added tokens are few and share long beginnings.
  struct Node {
    char byte = 0;
    int32_t id = -1;       // token that ends here
    int32_t child = -1;    // first child
    int32_t sibling = -1;  // next child of the same parent
  };

  int32_t child_of(int32_t node, char byte) const;
  std::optional<Match> match_at(std::string_view text, size_t offset) const;

  std::vector<Node> nodes_;  // nodes_[0] is the root
  std::array<bool, 256> begins_token_{};
};

}  // namespace deepseekocr
