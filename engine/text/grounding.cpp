// SPDX-License-Identifier: MIT
#include "text/grounding.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "text/coordinates.h"
#include "text/grounding_tags.h"
#include "text/plain_text.h"
#include "text/utf8.h"

namespace deepseekocr {

namespace {

/// With several boxes a label is repeated; the limit keeps the result linear in the answer.
constexpr size_t kMaxLabelBytes = 256;

struct LayoutWord {
  std::string_view label;
  DsocrRegionKind kind;
};

constexpr std::array<LayoutWord, 19> kLayoutWords = {{
    {"title", DSOCR_REGION_TITLE},         {"sub_title", DSOCR_REGION_TITLE},    {"text", DSOCR_REGION_TEXT},
    {"equation", DSOCR_REGION_TEXT},       {"formula", DSOCR_REGION_TEXT},       {"list", DSOCR_REGION_TEXT},
    {"code", DSOCR_REGION_TEXT},           {"header", DSOCR_REGION_TEXT},        {"footer", DSOCR_REGION_TEXT},
    {"footnote", DSOCR_REGION_TEXT},       {"page_number", DSOCR_REGION_TEXT},   {"image_caption", DSOCR_REGION_TEXT},
    {"figure_caption", DSOCR_REGION_TEXT}, {"table_caption", DSOCR_REGION_TEXT}, {"table_footnote", DSOCR_REGION_TEXT},
    {"table", DSOCR_REGION_TABLE},         {"image", DSOCR_REGION_IMAGE},        {"chart", DSOCR_REGION_OTHER},
    {"figure", DSOCR_REGION_OTHER},
}};

std::optional<DsocrRegionKind> layout_kind(std::string_view label) {
  const auto* const word = std::find_if(kLayoutWords.begin(), kLayoutWords.end(),
                                        [&](const LayoutWord& known) { return known.label == label; });
  return word == kLayoutWords.end() ? std::nullopt : std::optional(word->kind);
}

/// A stretch of the answer with what was found out about it.
struct Block {
  explicit Block(GroundedBlock&& source) : match(std::move(source)) {
    has_content = !strip_white_space(match.content).empty();
    if (!match.matched) return;
    kind = layout_kind(match.label).value_or(DSOCR_REGION_OTHER);
    is_layout_word = layout_kind(match.label).has_value();
    boxes = parse_coordinates(match.coordinates).value_or(std::vector<Coordinates>());
  }

  bool is_image() const { return match.matched && kind == DSOCR_REGION_IMAGE; }

  GroundedBlock match;
  DsocrRegionKind kind = DSOCR_REGION_OTHER;
  bool is_layout_word = false;
  bool has_content = false;
  bool is_line = false;  ///< the label is the text
  std::vector<Coordinates> boxes;
};

bool is_line_level(const std::vector<Block>& blocks) {
  size_t lines = 0;
  size_t others = 0;
  bool any_content = false;
  for (const Block& block : blocks) {
    if (!block.match.matched) continue;
    any_content = any_content || block.has_content;
    ++(block.has_content || block.is_layout_word ? others : lines);
  }
  return lines > 0 && (lines > others || !any_content);
}

void mark_lines(std::vector<Block>& blocks) {
  for (Block& block : blocks) {
    if (!block.match.matched || block.has_content || block.is_image()) continue;
    block.is_line = true;
    block.kind = DSOCR_REGION_TEXT;
  }
}

std::vector<Block> read_blocks(std::string_view text) {
  std::vector<Block> blocks;
  for (GroundedBlock& block : split_grounded(text)) blocks.emplace_back(std::move(block));
  return blocks;
}

std::string trimmed(std::string_view text) {
  return std::string(strip_white_space(text));
}

std::string own_text(const Block& block) {
  return block.is_line ? std::string(block.match.label) : trimmed(remove_center(block.match.content));
}

/// Takes the first HTML table out of `text`.  @return nothing if there is none
std::optional<std::string> take_table(std::string& text) {
  constexpr std::string_view kEnd = "</table>";
  const size_t begin = text.find("<table");
  if (begin == std::string::npos) return std::nullopt;
  const size_t end_tag = text.find(kEnd, begin);
  const size_t end = end_tag == std::string::npos ? text.size() : end_tag + kEnd.size();
  std::string table = text.substr(begin, end - begin);
  const std::string behind = trimmed(std::string_view(text).substr(end));
  text = trimmed(std::string_view(text).substr(0, begin));
  if (!text.empty() && !behind.empty()) text += '\n';
  text += behind;
  return table;
}

/// The text that belongs to each block: its own, but a table goes to the last `table` match that still has nothing.
std::vector<std::string> bind_content(const std::vector<Block>& blocks) {
  std::vector<std::string> texts;
  texts.reserve(blocks.size());
  std::string* waiting_table = nullptr;  // into `texts`, which does not grow beyond what is reserved
  for (const Block& block : blocks) {
    texts.push_back(own_text(block));
    if (block.match.matched && block.kind == DSOCR_REGION_TABLE) {
      waiting_table = texts.back().empty() ? &texts.back() : nullptr;
    } else if (waiting_table) {
      if (std::optional<std::string> table = take_table(texts.back())) {
        *waiting_table = *std::move(table);
        waiting_table = nullptr;
      }
    }
  }
  return texts;
}

std::vector<Region> make_regions(const std::vector<Block>& blocks, const Rect& area, int width, int height) {
  std::vector<std::string> texts = bind_content(blocks);
  std::vector<Region> regions;
  for (size_t i = 0; i < blocks.size(); ++i) {
    const std::string label(utf8_prefix(blocks[i].match.label, kMaxLabelBytes));
    for (const Coordinates& box : blocks[i].boxes) {
      regions.push_back({blocks[i].kind, label, std::move(texts[i]), to_pixels(box, area, width, height)});
      texts[i].clear();
    }
  }
  return regions;
}

std::string plain_block(const Block& block) {
  if (block.is_line) return std::string(block.match.label);
  std::string text = trimmed(strip_line_ends(flatten_tables(remove_center(block.match.content))));
  if (block.match.matched && block.kind == DSOCR_REGION_TITLE) {
    text.erase(0, std::min(text.find_first_not_of("# "), text.size()));
  }
  return text;
}

std::string make_plain(const std::vector<Block>& blocks, bool line_level) {
  std::string plain;
  for (const Block& block : blocks) {
    const std::string text = plain_block(block);
    if (text.empty()) continue;
    if (!plain.empty()) plain += line_level ? "\n" : "\n\n";
    plain += text;
  }
  return collapse_newlines(plain);
}

std::string make_markdown(const std::vector<Block>& blocks) {
  std::string markdown;
  bool any_other = false;
  size_t picture = 0;
  for (const Block& block : blocks) {
    any_other = any_other || (block.match.matched && !block.is_image());
    if (block.is_line) {
      if (!markdown.empty() && markdown.back() != '\n') markdown += '\n';
      markdown += block.match.label;
    } else if (block.is_image()) {
      for (size_t box = 0; box < block.boxes.size(); ++box) {
        markdown += "![](images/" + std::to_string(picture++) + ".jpg)\n";
      }
    }
    markdown += block.match.content;
  }
  if (any_other) {
    markdown = replace_all(markdown, "\\coloneqq", ":=");
    markdown = replace_all(markdown, "\\eqqcolon", "=:");
  }
  return trimmed(collapse_newlines(markdown));
}

}  // namespace

ParsedText parse_answer(std::string_view text, const Rect& area, int picture_width, int picture_height) {
  std::vector<Block> blocks = read_blocks(text);
  const bool line_level = is_line_level(blocks);
  if (line_level) mark_lines(blocks);
  return {make_plain(blocks, line_level), make_markdown(blocks),
          make_regions(blocks, area, picture_width, picture_height)};
}

}  // namespace deepseekocr
