// SPDX-License-Identifier: MIT
#include "checkpoint/module_patterns.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>

#include "checkpoint/error.h"
#include "checkpoint/json_document.h"
#include "checkpoint/pcre2_handles.h"

namespace deepseekocr {
namespace {

constexpr size_t kMostExpressions = 256;  ///< plain names are not counted: one for each matrix is usual
constexpr size_t kLongestPattern = 512;
constexpr uint32_t kMatchLimit = 100'000;  ///< steps of the matcher; a useful pattern takes some hundred

using pcre2::as_units;
using pcre2::Code;
using pcre2::error_text;
using pcre2::MatchContext;
using pcre2::MatchData;

/// Letters, digits, underscores, hyphens and dots: needs no regular expressions.
bool is_plain(std::string_view pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  });
}

/// A dot of a plain pattern stands for any character, as it does in the expression that the pattern is.
bool matches_end(std::string_view module, std::string_view plain) {
  if (plain.size() > module.size()) return false;
  const size_t start = module.size() - plain.size();
  if (start > 0 && module[start - 1] != '.') return false;
  return std::equal(plain.begin(), plain.end(), module.begin() + static_cast<std::ptrdiff_t>(start),
                    [](char p, char m) { return p == '.' || p == m; });
}

Code compile(const std::string& pattern, const std::string& subject) {
  const std::string whole = "(?:.*\\.)?(?:" + pattern + ")$";
  int error = 0;
  PCRE2_SIZE offset = 0;
  Code code(pcre2_compile(as_units(whole), whole.size(), PCRE2_ANCHORED | PCRE2_NEVER_UTF, &error, &offset, nullptr));
  if (!code)
    throw CheckpointError(subject + " has the pattern " + quote(pattern) + ", which cannot be compiled: " +
                          error_text(error) + "; write the names of the modules instead.");
  return code;
}

double checked_number(const nlohmann::json& value, bool whole, const std::string& pattern, const std::string& subject) {
  const bool numeric = whole ? value.is_number_integer() : value.is_number();
  const double number = numeric ? value.get<double>() : 0;
  if (!(number >= (whole ? 1 : 1e-6) && number <= 1e6))
    throw CheckpointError(subject + " gives " + excerpt(value) + " for the pattern " + quote(pattern) +
                          ", but it must be " + (whole ? "an integer from 1" : "a number from 0.000001") +
                          " to 1000000.");
  return number;
}

}  // namespace

struct ModulePatterns::Pattern {
  std::string text;
  Code code;  ///< none: a plain name
  double value = 0;
};

ModulePatterns::ModulePatterns(const nlohmann::json& object, bool whole, const std::string& subject)
    : subject_(subject) {
  if (!object.is_object())
    throw CheckpointError(subject + " must be an object of module names and numbers, not " + excerpt(object) + ".");
  size_t expressions = 0;
  for (const auto& [text, value] : object.items()) {
    auto pattern = std::make_shared<Pattern>();
    pattern->text = text;
    pattern->value = checked_number(value, whole, text, subject);
    if (!is_plain(text)) {
      if (text.size() > kLongestPattern || ++expressions > kMostExpressions)
        throw CheckpointError(subject + " holds more than " + std::to_string(kMostExpressions) +
                              " regular expressions or one of more than " + std::to_string(kLongestPattern) +
                              " bytes; write the names of the modules instead.");
      pattern->code = compile(text, subject);
    }
    patterns_.push_back(std::move(pattern));
  }
}

std::optional<double> ModulePatterns::find(const std::string& module) const {
  if (patterns_.empty()) return std::nullopt;
  const MatchContext limits(pcre2_match_context_create(nullptr));
  const MatchData data(pcre2_match_data_create(1, nullptr));
  if (!limits || !data) throw EngineError(DSOCR_OUT_OF_MEMORY, "There is no memory left to read the adapter.");
  pcre2_set_match_limit(limits.get(), kMatchLimit);
  for (const auto& pattern : patterns_) {
    if (!pattern->code) {
      if (matches_end(module, pattern->text)) return pattern->value;
      continue;
    }
    const int found = pcre2_match(pattern->code.get(), as_units(module), module.size(), 0, 0, data.get(), limits.get());
    if (found >= 0) return pattern->value;
    if (found != PCRE2_ERROR_NOMATCH)
      throw CheckpointError(subject_ + " has the pattern " + quote(pattern->text) + ", which takes too long to match " +
                            quote(module) + "; write the names of the modules instead.");
  }
  return std::nullopt;
}

}  // namespace deepseekocr
