// SPDX-License-Identifier: MIT
#include "text/grounding_tags.h"

#include <algorithm>
#include <array>
#include <optional>

#include "text/utf8.h"

namespace deepseekocr {

namespace {

enum class TagKind { ref, end_ref, det, end_det, grounding };

struct TagName {
  std::string_view text;
  TagKind kind;
};

constexpr std::array<TagName, 5> kTagNames = {{
    {"<|ref|>", TagKind::ref},
    {"<|/ref|>", TagKind::end_ref},
    {"<|det|>", TagKind::det},
    {"<|/det|>", TagKind::end_det},
    {"<|grounding|>", TagKind::grounding},
}};

struct Tag {
  TagKind kind;
  size_t begin;
  size_t end;
};

std::optional<Tag> tag_at(std::string_view text, size_t offset) {
  for (const TagName& name : kTagNames) {
    if (text.substr(offset).starts_with(name.text)) return Tag{name.kind, offset, offset + name.text.size()};
  }
  return std::nullopt;
}

std::vector<Tag> find_tags(std::string_view text) {
  std::vector<Tag> tags;
  size_t offset = text.find("<|");
  while (offset != std::string_view::npos) {
    const std::optional<Tag> tag = tag_at(text, offset);
    if (tag) tags.push_back(*tag);
    offset = text.find("<|", tag ? tag->end : offset + 2);
  }
  return tags;
}

/// Whether the tags from `first` on begin a match.
bool begins_match(const std::vector<Tag>& tags, size_t first) {
  return first + 2 < tags.size() && tags[first].kind == TagKind::ref && tags[first + 1].kind == TagKind::end_ref &&
         tags[first + 2].kind == TagKind::det && tags[first + 2].begin == tags[first + 1].end;
}

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text), tags_(find_tags(text)), blocks_(1) {}

  std::vector<GroundedBlock> split() {
    size_t i = 0;
    while (i < tags_.size()) {
      add_text_until(tags_[i].begin);
      i = begins_match(tags_, i) ? start_block(i) : drop_tag(i);
    }
    add_text_until(text_.size());
    return std::move(blocks_);
  }

 private:
  void add_text_until(size_t end) {
    blocks_.back().content += text_.substr(position_, end - position_);
    position_ = end;
  }

  /// @return index of the next tag to look at
  size_t drop_tag(size_t i) {
    position_ = tags_[i].end;
    return i + 1;
  }

  size_t start_block(size_t i) {
    const Tag& det = tags_[i + 2];
    GroundedBlock block;
    block.matched = true;
    block.label = strip_white_space(text_.substr(tags_[i].end, tags_[i + 1].begin - tags_[i].end));
    block.complete = i + 3 < tags_.size() && tags_[i + 3].kind == TagKind::end_det;
    size_t end = block.complete ? tags_[i + 3].begin : text_.find_first_not_of("0123456789.,-+eE[] \t", det.end);
    end = std::min(end, text_.size());
    block.coordinates = text_.substr(det.end, end - det.end);
    blocks_.push_back(std::move(block));
    position_ = block_end(i, end);
    return i + (blocks_.back().complete ? 4 : 3);
  }

  size_t block_end(size_t i, size_t coordinates_end) const {
    return blocks_.back().complete ? tags_[i + 3].end : coordinates_end;
  }

  std::string_view text_;
  std::vector<Tag> tags_;
  std::vector<GroundedBlock> blocks_;
  size_t position_ = 0;
};

}  // namespace

std::vector<GroundedBlock> split_grounded(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace deepseekocr
