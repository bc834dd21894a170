// SPDX-License-Identifier: MIT
// adapter_config.json of a LoRA adapter in PEFT's layout.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "checkpoint/module_patterns.h"

namespace deepseekocr {

/// What the file says about every matrix.  The fields that only steer training are ignored.
class AdapterConfig {
 public:
  /// Reads and checks `directory`/adapter_config.json.
  /// @throws EngineError(DSOCR_NOT_FOUND) without that file, EngineError(DSOCR_UNSUPPORTED) naming a field that asks
  /// for what this engine lacks, CheckpointError naming the file and the field.
  static AdapterConfig from_file(const std::filesystem::path& directory);
  /// The same from the text of the file; `origin` is used in messages.
  static AdapterConfig from_json(std::string_view text, const std::string& origin);

  /// Rank of the update of a module ("model.layers.0.self_attn.q_proj"): `rank_pattern`, else `r`.
  int rank_of(const std::string& module) const;
  /// What B·A is multiplied with: alpha / rank, or alpha / √rank with `use_rslora`.
  double scale_of(const std::string& module) const;
  /// `use_dora`: every row is brought to a trained length after the addition.
  bool uses_dora() const { return uses_dora_; }
  /// `modules_to_save`: names, or ends of names, of modules whose weights are in the adapter whole.
  const std::vector<std::string>& saved_modules() const { return saved_modules_; }

 private:
  double rank_ = 0, alpha_ = 0;
  bool stabilised_ = false;  ///< use_rslora
  bool uses_dora_ = false;
  ModulePatterns ranks_, alphas_;
  std::vector<std::string> saved_modules_;
};

}  // namespace deepseekocr
