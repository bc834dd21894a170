// SPDX-License-Identifier: MIT
// Typed, range-checked access to the fields of config.json.  For .cpp files only.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace deepseekocr {

/// One object of config.json, or two of which the first wins (the decoder's keys stand at top level and again in
/// `language_config`).  A null value counts as absent.  Every function throws CheckpointError naming file and field.
class ConfigFields {
 public:
  /// @param path  of the object inside the file, with a dot at its end; empty at top level.
  ConfigFields(const std::string& origin, std::string path, const nlohmann::json& object);
  /// Adds the object to look in where this one has no such key.
  void add_fallback(std::string path, const nlohmann::json& object);

  /// The object under `key`, which must be there.
  ConfigFields object(const std::string& key) const;
  /// The value, or nullptr if it is absent or null.
  const nlohmann::json* find(const std::string& key) const;

  int integer(const std::string& key, int low, int high) const;
  int integer(const std::string& key, int low, int high, int fallback) const;
  double number(const std::string& key, double low, double high, double fallback) const;
  bool boolean(const std::string& key, bool fallback) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  /// A list of at most `longest` integers in [low, high].
  std::vector<int> integers(const std::string& key, size_t longest, int low, int high) const;

  /// `config.json: the field "vision_config.x"`, for sentences.
  std::string name(const std::string& key) const;
  [[noreturn]] void fail(const std::string& key, const std::string& what) const;

 private:
  struct Source {
    std::string path;
    const nlohmann::json* object;
  };
  const Source& source_of(const std::string& key) const;
  const nlohmann::json& require(const std::string& key) const;
  int checked_integer(const std::string& key, const nlohmann::json& value, int low, int high) const;

  std::string origin_;
  std::vector<Source> sources_;
};

}  // namespace deepseekocr
