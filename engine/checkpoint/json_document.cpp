// SPDX-License-Identifier: MIT
#include "checkpoint/json_document.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

/// Refuses what nlohmann::json would accept: the last of several equal keys, and nesting without limit.
class StrictnessCheck {
 public:
  explicit StrictnessCheck(const std::string& origin) : origin_(origin) {}

  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    switch (event) {
      case json::parse_event_t::object_start:
      case json::parse_event_t::array_start:
        if (depth >= max_json_depth)
          throw CheckpointError(origin_ + " nests values more than " + std::to_string(max_json_depth) +
                                " levels deep; it is not what its name says.");
        keys_.emplace_back();
        break;
      case json::parse_event_t::object_end:
      case json::parse_event_t::array_end:
        keys_.pop_back();
        break;
      case json::parse_event_t::key:
        if (!keys_.back().insert(parsed.get_ref<const std::string&>()).second)
          throw CheckpointError(origin_ + " has the key " + excerpt(parsed) + " twice in one object; remove one.");
        break;
      case json::parse_event_t::value:
        break;
    }
    return true;
  }

 private:
  const std::string& origin_;
  std::vector<std::set<std::string>> keys_;  // one set for each open object or array
};

}  // namespace

json parse_json(std::string_view text, const std::string& origin) {
  StrictnessCheck check(origin);
  try {
    return json::parse(
        text, [&check](int depth, json::parse_event_t event, json& parsed) { return check(depth, event, parsed); });
  } catch (const json::parse_error& error) {
    throw CheckpointError(malformed_json_message(text, error.byte, origin));
  } catch (const json::out_of_range&) {  // the only other failure of parsing
    throw CheckpointError(origin + " holds a number that is too large for any computer number; correct it.");
  }
}

std::string malformed_json_message(std::string_view text, size_t byte, const std::string& origin) {
  const std::string_view before = text.substr(0, byte == 0 ? 0 : std::min(byte - 1, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return origin + " is not valid JSON: error at line " + std::to_string(line) + ", column " +
         std::to_string(before.size() - line_start + 1) + " of " + std::to_string(text.size()) +
         " bytes; the file may be damaged or cut off, fetch it again.";
}

std::string excerpt(const json& value) {
  constexpr size_t longest = 80;
  std::string text = value.dump(-1, ' ', /*ensure_ascii=*/true, json::error_handler_t::replace);
  if (text.size() > longest) text = text.substr(0, longest) + "...";
  return text;
}

std::string quote(std::string_view text) {
  // A character is at most 4 bytes: cutting first keeps the work small, whatever the length.
  return excerpt(json(std::string(text.substr(0, 400))));
}

}  // namespace deepseekocr
