// SPDX-License-Identifier: MIT
#include "tracking_number.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "characters.h"
#include "check_digits.h"

namespace live_labels {
namespace {

bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_alphanumeric(char c) {
  return is_digit(c) || is_capital(c);
}

char to_upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// ------------------------------------------------------------------------------------------------ schemes

// Whether the last digit is the expected one.
bool ends_with(std::string_view digits, int check) {
  return digits.back() - '0' == check;
}

std::string_view body(std::string_view digits) {
  return digits.substr(0, digits.size() - 1);
}

bool is_ups_form(std::string_view v) {
  return v.size() == 18 && v.starts_with("1Z") && std::all_of(v.begin(), v.end(), is_alphanumeric) &&
         is_digit(v.back());
}

bool is_s10_form(std::string_view v) {
  return v.size() == 13 && is_capital(v[0]) && is_capital(v[1]) && all_digits(v.substr(2, 9)) && is_capital(v[11]) &&
         is_capital(v[12]);
}

bool is_usps_form(std::string_view v) {
  return v.size() == 22 && v[0] == '9' && v[1] >= '1' && v[1] <= '5' && all_digits(v);
}

bool is_fedex_ground_96(std::string_view v) {
  return v.size() == 22 && v.starts_with("96") && all_digits(v);
}

bool is_fedex_34(std::string_view v) {
  return v.size() == 34 && v.starts_with('1') && all_digits(v);
}

struct Scheme {
  const char* name;
  bool (*form)(std::string_view);
  bool (*check)(std::string_view);  // of a value that has the form
};

constexpr Scheme kSchemes[] = {
    {"sscc", [](std::string_view v) { return v.size() == 18 && all_digits(v); },
     [](std::string_view v) { return ends_with(v, gs1_check_digit(body(v))); }},
    {"ups", is_ups_form, [](std::string_view v) { return ends_with(v, ups_check_digit(body(v.substr(2)))); }},
    {"s10", is_s10_form, [](std::string_view v) { return v[10] - '0' == s10_check_digit(v.substr(2, 8)); }},
    {"fedex-express", [](std::string_view v) { return v.size() == 12 && all_digits(v); },
     [](std::string_view v) { return ends_with(v, fedex_express_check_digit(body(v), "317")); }},
    {"fedex-express", is_fedex_34,
     [](std::string_view v) { return ends_with(v, fedex_express_check_digit(body(v.substr(20)), "173")); }},
    {"fedex-ground", [](std::string_view v) { return v.size() == 15 && all_digits(v); },
     [](std::string_view v) { return ends_with(v, gs1_check_digit(body(v))); }},
    {"fedex-ground", is_fedex_ground_96,
     [](std::string_view v) { return ends_with(v, gs1_check_digit(body(v.substr(7)))); }},
    {"usps", is_usps_form, [](std::string_view v) { return ends_with(v, gs1_check_digit(body(v))); }},
    {"dhl", [](std::string_view v) { return (v.size() == 10 || v.size() == 11) && all_digits(v); },
     [](std::string_view v) { return ends_with(v, modulo_7(body(v))); }},
    {"dpd", [](std::string_view v) { return v.size() == 15 && all_digits(v.substr(0, 14)) && is_alphanumeric(v[14]); },
     [](std::string_view v) { return v[14] == iso_7064_37_36_check_character(body(v)); }},
};

// ------------------------------------------------------------------------------------------------ groups of a line

// What stands between blanks, normalised.
struct Group {
  std::string text;
  bool has_digit = false;
  bool digits_only = false;
  bool ends_word = false;  // punctuation such as ':' or '#' ends it, or begins the next
};

std::vector<Group> split(std::string_view line) {
  std::vector<Group> groups(1);
  for (const char c : line) {
    const char upper = to_upper(c);
    if (is_alphanumeric(upper)) {
      groups.back().text += upper;
    } else if (c != '-' && c != '(' && c != ')' && !groups.back().text.empty()) {
      groups.back().ends_word = c != ' ' && c != '\t';
      groups.emplace_back();
    }
  }
  if (groups.back().text.empty()) groups.pop_back();
  for (Group& group : groups) {
    group.has_digit = std::any_of(group.text.begin(), group.text.end(), is_digit);
    group.digits_only = all_digits(group.text);
  }
  return groups;
}

// The longest run of groups from `first` on that has a known form and is not cut out of a longer run of digits.
size_t run_with_known_form(const std::vector<Group>& groups, size_t first, std::string& value) {
  constexpr size_t kMostGroups = 10;
  constexpr size_t kMostCharacters = 36;
  const bool after_digits = first > 0 && groups[first - 1].digits_only && !groups[first - 1].ends_word;
  if (after_digits && groups[first].digits_only) return 0;
  std::string joined;
  size_t found = 0;
  for (size_t i = first; i < groups.size() && i < first + kMostGroups && joined.size() < kMostCharacters; ++i) {
    joined += groups[i].text;
    const bool goes_on = i + 1 < groups.size() && groups[i + 1].digits_only && !groups[i].ends_word;
    const std::string normalised = normalise(joined);
    if (!goes_on && has_known_form(normalised)) {
      found = i + 1 - first;
      value = normalised;
    }
    if (groups[i].ends_word) break;
  }
  return found;
}

// Where the number begins that the word "tracking" announces; the number of groups if nothing does.
size_t announced_number(const std::vector<Group>& groups) {
  const auto word =
      std::find_if(groups.begin(), groups.end(), [](const Group& group) { return group.text.starts_with("TRACK"); });
  if (word == groups.end()) return groups.size();
  const auto number = std::find_if(word + 1, groups.end(), [](const Group& group) { return group.has_digit; });
  return static_cast<size_t>(number - groups.begin());
}

// Everything behind the announcement, as long as groups hold digits.
std::string announced_value(const std::vector<Group>& groups, size_t first) {
  std::string value;
  for (size_t i = first; i < groups.size() && groups[i].has_digit; ++i) value += groups[i].text;
  return value;
}

void add(std::vector<TrackingNumber>& numbers, const std::string& value) {
  const bool known =
      std::any_of(numbers.begin(), numbers.end(), [&](const TrackingNumber& number) { return number.value == value; });
  if (!known) numbers.push_back({value, matching_schemes(value)});
}

}  // namespace

std::string normalise(std::string_view text) {
  constexpr char kFnc1 = '\x1d';
  std::string value;
  if (text.size() > 3 && text.starts_with(']')) text.remove_prefix(3);
  for (const char c : text) {
    if (c == kFnc1 || c == ' ' || c == '\t' || c == '\n' || c == '-' || c == '(' || c == ')') continue;
    value += to_upper(c);
  }
  if (value.size() == 20 && value.starts_with("00") && all_digits(value)) value.erase(0, 2);
  const bool routed = value.starts_with("420") && (value.size() == 30 || value.size() == 34);
  if (routed && is_usps_form(std::string_view(value).substr(value.size() - 22))) value.erase(0, value.size() - 22);
  return value;
}

bool has_known_form(std::string_view value) {
  return std::any_of(std::begin(kSchemes), std::end(kSchemes),
                     [&](const Scheme& scheme) { return scheme.form(value); });
}

std::vector<std::string> matching_schemes(std::string_view value) {
  std::vector<std::string> names;
  for (const Scheme& scheme : kSchemes) {
    if (scheme.form(value) && scheme.check(value)) names.emplace_back(scheme.name);
  }
  return names;
}

std::vector<TrackingNumber> find_tracking_numbers(std::string_view line) {
  constexpr size_t kShortest = 8;
  const std::vector<Group> groups = split(line);
  std::vector<TrackingNumber> numbers;
  for (size_t i = 0; i < groups.size();) {
    std::string value;
    const size_t length = run_with_known_form(groups, i, value);
    if (length > 0) add(numbers, value);
    i += std::max<size_t>(1, length);
  }
  if (numbers.empty()) {
    const std::string value = announced_value(groups, announced_number(groups));
    if (value.size() >= kShortest) add(numbers, value);
  }
  return numbers;
}

}  // namespace live_labels
