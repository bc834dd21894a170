// SPDX-License-Identifier: MIT
#include "text/added_tokens.h"

namespace deepseekocr {

AddedTokens::AddedTokens() : nodes_(1) {}

int32_t AddedTokens::child_of(int32_t node, char byte) const {
  int32_t child = nodes_[static_cast<size_t>(node)].child;
  while (child >= 0 && nodes_[static_cast<size_t>(child)].byte != byte) {
    child = nodes_[static_cast<size_t>(child)].sibling;
  }
  return child;
}

void AddedTokens::add(std::string_view content, int32_t id) {
  begins_token_[static_cast<uint8_t>(content[0])] = true;
  int32_t node = 0;
  for (const char byte : content) {
    int32_t child = child_of(node, byte);
    if (child < 0) {
      child = static_cast<int32_t>(nodes_.size());
      Node& parent = nodes_[static_cast<size_t>(node)];
      const Node added{.byte = byte, .sibling = parent.child};
      parent.child = child;
      nodes_.push_back(added);
    }
    node = child;
  }
  nodes_[static_cast<size_t>(node)].id = id;
}

std::optional<AddedTokens::Match> AddedTokens::match_at(std::string_view text, size_t offset) const {
  std::optional<Match> longest;
  int32_t node = 0;
  for (size_t i = offset; i < text.size(); ++i) {
    node = child_of(node, text[i]);
    if (node < 0) break;
    const int32_t id = nodes_[static_cast<size_t>(node)].id;
    if (id >= 0) longest = Match{offset, i + 1 - offset, id};
  }
  return longest;
}

std::optional<AddedTokens::Match> AddedTokens::find(std::string_view text, size_t start) const {
  for (size_t offset = start; offset < text.size(); ++offset) {
    if (!begins_token_[static_cast<uint8_t>(text[offset])]) continue;
    if (const std::optional<Match> match = match_at(text, offset)) return match;
  }
  return std::nullopt;
}

}  // namespace deepseekocr
