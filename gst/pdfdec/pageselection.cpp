// SPDX-License-Identifier: MIT
#include "pageselection.h"

#include <charconv>
#include <optional>

namespace pdfdec {
namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Digits only: no sign, no blank, no rest.
std::optional<int> parse_page_number(std::string_view text) {
  int value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (status != std::errc() || end != text.data() + text.size() || text.front() == '-') return std::nullopt;
  return value;
}

std::string in_quotes(std::string_view part) {
  return "\"" + std::string(part) + "\"";
}

}  // namespace

bool PageSelection::parse(std::string_view text, int page_count, PageSelection* selection, std::string* error) {
  *selection = PageSelection();
  if (trim(text).empty()) text = "1-";
  for (bool more = true; more;) {
    const size_t comma = text.find(',');
    const std::string_view part = trim(text.substr(0, comma));
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);

    const size_t dash = part.find('-');
    const auto first = part.empty() ? std::nullopt : parse_page_number(trim(part.substr(0, dash)));
    auto last = first;
    if (dash != std::string_view::npos) {
      const std::string_view end = trim(part.substr(dash + 1));
      last = end.empty() ? std::optional(page_count) : parse_page_number(end);
    }
    if (!first || !last) {
      *error = "cannot read " + in_quotes(part) + " in pages; write pages as numbers and ranges like 1-3,7,20-";
      return false;
    }
    if (*first < 1 || *first > page_count || *last > page_count) {
      *error = in_quotes(part) + " in pages lies outside of the document, which has the pages 1 to " +
               std::to_string(page_count);
      return false;
    }
    if (*last < *first) {
      *error = in_quotes(part) + " in pages runs backwards; write the lower page first";
      return false;
    }
    selection->ranges_.push_back({*first, *last});
    selection->size_ += static_cast<uint64_t>(*last - *first) + 1;
  }
  return true;
}

int PageSelection::page_at(uint64_t position) const {
  for (const Range& range : ranges_) {
    const auto length = static_cast<uint64_t>(range.last - range.first) + 1;
    if (position < length) return range.first - 1 + static_cast<int>(position);
    position -= length;
  }
  return ranges_.empty() ? 0 : ranges_.back().last - 1;
}

}  // namespace pdfdec
