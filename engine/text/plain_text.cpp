// SPDX-License-Identifier: MIT
#include "text/plain_text.h"

#include <algorithm>
#include <array>
#include <optional>

namespace deepseekocr {

namespace {

/// What a tag inside a table does to the text.
enum class TableTag { row_end, cell_end, blank, dropped };

struct NamedTag {
  std::string_view name;
  TableTag effect;
};

constexpr std::array<NamedTag, 18> kTableTags = {{
    {"tr", TableTag::dropped},
    {"/tr", TableTag::row_end},
    {"td", TableTag::dropped},
    {"/td", TableTag::cell_end},
    {"th", TableTag::dropped},
    {"/th", TableTag::cell_end},
    {"br", TableTag::blank},
    {"table", TableTag::dropped},
    {"/table", TableTag::row_end},
    {"thead", TableTag::dropped},
    {"/thead", TableTag::dropped},
    {"tbody", TableTag::dropped},
    {"/tbody", TableTag::dropped},
    {"tfoot", TableTag::dropped},
    {"/tfoot", TableTag::dropped},
    {"caption", TableTag::dropped},
    {"/caption", TableTag::row_end},
    {"br/", TableTag::blank},
}};

/// Longest tag with attributes that is taken for one; what is longer is text.
constexpr size_t kMaxTagBytes = 256;

struct FoundTag {
  TableTag effect;
  size_t length;
};

/// The table tag that `text` begins with ('<' … '>').
std::optional<FoundTag> table_tag(std::string_view text) {
  const size_t end = text.substr(0, kMaxTagBytes).find('>');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = text.substr(1, end - 1);
  const std::string_view name = inside.substr(0, inside.find_first_of(" \t\n"));
  const auto* const found =
      std::find_if(kTableTags.begin(), kTableTags.end(), [&](const NamedTag& tag) { return tag.name == name; });
  if (found == kTableTags.end()) return std::nullopt;
  return FoundTag{found->effect, end + 1};
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Writes the rows of one table.  Separators wait until text follows, so none stands at the end of a row or a table.
class TableText {
 public:
  explicit TableText(std::string& out) : out_(out) {}

  void add(char c) {
    if (is_blank(c)) {
      blank_ = true;
      return;
    }
    write_separators();
    out_ += c;
    in_cell_ = true;
  }

  void apply(TableTag tag) {
    switch (tag) {
      case TableTag::blank:
        blank_ = true;
        break;
      case TableTag::cell_end:
        ++tabs_;
        in_cell_ = blank_ = false;
        break;
      case TableTag::row_end:
        row_ended_ = row_ended_ || in_row_;
        tabs_ = 0;
        in_row_ = in_cell_ = blank_ = false;
        break;
      case TableTag::dropped:
        break;
    }
  }

 private:
  void write_separators() {
    if (row_ended_) out_ += '\n';
    out_.append(tabs_, '\t');
    if (blank_ && in_cell_) out_ += ' ';
    row_ended_ = blank_ = false;
    tabs_ = 0;
    in_row_ = true;
  }

  std::string& out_;
  size_t tabs_ = 0;
  bool row_ended_ = false;  // a row with text ended, and no text followed yet
  bool in_row_ = false;     // the row has text
  bool in_cell_ = false;    // the cell has text
  bool blank_ = false;      // white space waits
};

/// Flattens the table that `text` begins with.  @return its length
size_t flatten_table(std::string_view text, std::string& out) {
  constexpr std::string_view kEnd = "</table>";
  const size_t end = text.find(kEnd);
  const size_t length = end == std::string_view::npos ? text.size() : end + kEnd.size();
  TableText rows(out);
  for (size_t i = 0; i < length;) {
    const std::optional<FoundTag> tag =
        text[i] == '<' ? table_tag(text.substr(i, length - i)) : std::optional<FoundTag>();
    if (tag) {
      rows.apply(tag->effect);
    } else {
      rows.add(text[i]);
    }
    i += tag ? tag->length : 1;
  }
  return length;
}

}  // namespace

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  result.reserve(text.size());
  size_t start = 0;
  for (size_t at = text.find(from); at != std::string_view::npos; at = text.find(from, start)) {
    result += text.substr(start, at - start);
    result += to;
    start = at + from.size();
  }
  return result += text.substr(start);
}

std::string collapse_newlines(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  size_t newlines = 0;
  for (const char c : text) {
    newlines = c == '\n' ? newlines + 1 : 0;
    if (newlines <= 2) result += c;
  }
  return result;
}

std::string remove_center(std::string_view text) {
  return replace_all(replace_all(text, "<center>", ""), "</center>", "");
}

std::string strip_line_ends(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  size_t line_text_end = 0;  // of `result`: behind the last character of the line that is no blank
  for (const char c : text) {
    if (c == '\n') result.resize(line_text_end);
    result += c;
    if (c != ' ' && c != '\t') line_text_end = result.size();
  }
  result.resize(line_text_end);
  return result;
}

std::string unescape_entities(std::string_view text) {
  struct Entity {
    std::string_view name;
    std::string_view character;
  };
  constexpr std::array<Entity, 6> kEntities = {
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}}};
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto* const entity = std::find_if(kEntities.begin(), kEntities.end(),
                                            [&](const Entity& known) { return text.starts_with(known.name); });
    const bool found = entity != kEntities.end();
    result += found ? entity->character : text.substr(0, 1);
    text.remove_prefix(found ? entity->name.size() : 1);
  }
  return result;
}

std::string flatten_tables(std::string_view text) {
  constexpr std::string_view kBegin = "<table";
  std::string result;
  result.reserve(text.size());
  for (size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin)) {
    result += text.substr(0, at);
    text.remove_prefix(at);
    std::string rows;
    text.remove_prefix(flatten_table(text, rows));
    result += unescape_entities(rows);
  }
  return result += text;
}

}  // namespace deepseekocr
