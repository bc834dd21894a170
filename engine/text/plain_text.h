// SPDX-License-Identifier: MIT
// Small rewritings of model text: what is markup becomes text, everything else stays.
#pragma once

#include <string>
#include <string_view>

namespace deepseekocr {

/// Runs of three and more newlines become two (specification 6.3).
std::string collapse_newlines(std::string_view text);

/// Removes `<center>` and `</center>`.
std::string remove_center(std::string_view text);

/// Removes blanks and tabs at the end of every line.
std::string strip_line_ends(std::string_view text);

/// `&lt;`, `&gt;`, `&amp;`, `&quot;`, `&#39;` and `&nbsp;` become the characters they stand for, once.
std::string unescape_entities(std::string_view text);

/// Every HTML table (`<table` … `</table>` or the end) becomes lines: one for each row, cells separated by a tab, white
/// space inside a cell (`<br>` too) one blank, entities resolved, tags dropped.  A `<` that begins no tag of a table
/// stays, as in formulas.  Text outside tables stays as it is.
std::string flatten_tables(std::string_view text);

/// Replaces every occurrence, from left to right.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

}  // namespace deepseekocr
