// SPDX-License-Identifier: MIT
// JSON files of a checkpoint: strict parsing with sentences for errors.  For .cpp files only.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

namespace deepseekocr {

/// Deepest nesting that is accepted; the files of a checkpoint need 5.
constexpr int max_json_depth = 32;

/// Parses a whole text.  Duplicate keys and nesting deeper than max_json_depth are refused.
/// @param origin  the file's name for messages.
/// @throws CheckpointError that names the line and column of malformed text.
nlohmann::json parse_json(std::string_view text, const std::string& origin);

/// The sentence about malformed JSON.
/// @param byte  position of the error, counted from 1 (0: the start).
std::string malformed_json_message(std::string_view text, size_t byte, const std::string& origin);

/// A value as it would stand in a JSON file, in ASCII, cut after about 80 characters: for messages about files that may
/// hold anything.
std::string excerpt(const nlohmann::json& value);
std::string quote(std::string_view text);

}  // namespace deepseekocr
