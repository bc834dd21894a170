// SPDX-License-Identifier: MIT
#include "checkpoint/config_fields.h"

#include <limits>
#include <sstream>
#include <utility>

#include "checkpoint/error.h"
#include "checkpoint/json_document.h"

namespace deepseekocr {
namespace {

using nlohmann::json;

bool has_value(const json& object, const std::string& key) {
  const auto found = object.find(key);
  return found != object.end() && !found->is_null();
}

/// A number as a person would write it: 0.5, not 0.500000.
std::string plain(double value) {
  std::ostringstream stream;
  stream << value;
  return stream.str();
}

}  // namespace

ConfigFields::ConfigFields(const std::string& origin, std::string path, const json& object) : origin_(origin) {
  add_fallback(std::move(path), object);
}

void ConfigFields::add_fallback(std::string path, const json& object) {
  sources_.push_back({std::move(path), &object});
  if (!object.is_object()) {
    const std::string& where = sources_.back().path;
    throw CheckpointError(where.empty() ? origin_ + " holds no JSON object; put the checkpoint's config.json there."
                                        : origin_ + ": the field \"" + where.substr(0, where.size() - 1) +
                                              "\" must be an object, not " + excerpt(object) + ".");
  }
}

ConfigFields ConfigFields::object(const std::string& key) const {
  const json& value = require(key);
  return {origin_, source_of(key).path + key + ".", value};
}

const ConfigFields::Source& ConfigFields::source_of(const std::string& key) const {
  for (const Source& source : sources_)
    if (has_value(*source.object, key)) return source;
  return sources_.front();
}

const json* ConfigFields::find(const std::string& key) const {
  const json& object = *source_of(key).object;
  return has_value(object, key) ? &object.at(key) : nullptr;
}

const json& ConfigFields::require(const std::string& key) const {
  const json* value = find(key);
  if (!value) fail(key, "is missing; a DeepSeek-OCR checkpoint has it");
  return *value;
}

std::string ConfigFields::name(const std::string& key) const {
  return origin_ + ": the field \"" + source_of(key).path + key + "\"";
}

void ConfigFields::fail(const std::string& key, const std::string& what) const {
  throw CheckpointError(name(key) + " " + what + ".");
}

int ConfigFields::checked_integer(const std::string& key, const json& value, int low, int high) const {
  // Compared as the type the parser chose: an unsigned 2^64-1 must not become -1.
  const bool fits = value.is_number_unsigned()
                        ? value.get<uint64_t>() <= static_cast<uint64_t>(std::numeric_limits<int>::max())
                        : value.is_number_integer() && value.get<int64_t>() >= std::numeric_limits<int>::min();
  const int number = fits ? value.get<int>() : 0;
  if (!fits || number < low || number > high)
    fail(key,
         "must be an integer from " + std::to_string(low) + " to " + std::to_string(high) + ", not " + excerpt(value));
  return number;
}

int ConfigFields::integer(const std::string& key, int low, int high) const {
  return checked_integer(key, require(key), low, high);
}

int ConfigFields::integer(const std::string& key, int low, int high, int fallback) const {
  const json* value = find(key);
  return value ? checked_integer(key, *value, low, high) : fallback;
}

double ConfigFields::number(const std::string& key, double low, double high, double fallback) const {
  const json* value = find(key);
  if (!value) return fallback;
  const double number = value->is_number() ? value->get<double>() : std::numeric_limits<double>::quiet_NaN();
  if (!(number >= low && number <= high))
    fail(key, "must be a number from " + plain(low) + " to " + plain(high) + ", not " + excerpt(*value));
  return number;
}

bool ConfigFields::boolean(const std::string& key, bool fallback) const {
  const json* value = find(key);
  if (!value) return fallback;
  if (!value->is_boolean()) fail(key, "must be true or false, not " + excerpt(*value));
  return value->get<bool>();
}

std::string ConfigFields::text(const std::string& key, const std::string& fallback) const {
  const json* value = find(key);
  if (!value) return fallback;
  if (!value->is_string()) fail(key, "must be a text, not " + excerpt(*value));
  return value->get<std::string>();
}

std::vector<int> ConfigFields::integers(const std::string& key, size_t longest, int low, int high) const {
  const json& value = require(key);
  if (!value.is_array() || value.size() > longest)
    fail(key, "must be a list of at most " + std::to_string(longest) + " integers, not " + excerpt(value));
  std::vector<int> list;
  list.reserve(value.size());
  for (const json& element : value) list.push_back(checked_integer(key, element, low, high));
  return list;
}

}  // namespace deepseekocr
