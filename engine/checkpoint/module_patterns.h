// SPDX-License-Identifier: MIT
// Numbers for modules by patterns of their names: PEFT's rank_pattern and alpha_pattern.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace deepseekocr {

/// An ordered list of patterns.  A pattern is a regular expression for the end of a module's name that begins after a
/// dot or with the name.  Immutable: copies share the compiled patterns, and any thread may look up.
class ModulePatterns {
 public:
  ModulePatterns() = default;
  /// @param object  pattern → number, at least 1e-6 and at most 1e6
  /// @param whole   numbers must be integers from 1 on
  /// @param subject `file: the field "x"`, for sentences
  /// @throws CheckpointError
  ModulePatterns(const nlohmann::json& object, bool whole, const std::string& subject);

  /// The number of the first pattern that matches.  Patterns come in the order of their bytes, in which PEFT stores
  /// them and takes them up again.
  /// @throws CheckpointError if a pattern takes too long to match
  std::optional<double> find(const std::string& module) const;

 private:
  struct Pattern;
  std::string subject_;
  std::vector<std::shared_ptr<const Pattern>> patterns_;
};

}  // namespace deepseekocr
