// SPDX-License-Identifier: MIT
// The tensors of every stage in one safetensors file, for comparison with a reference.
#pragma once

#include <filesystem>
#include <string>

#include "checkpoint/safetensors_writer.h"
#include "model/stage_recorder.h"

namespace deepseekocr::trace {

/// Keeps every stage in memory as float32, chosen experts as int32.  The logits of decode step N are kept as
/// "logits.stepN" (all steps; the first is 1).
class StageDump final : public StageRecorder {
 public:
  void record(const std::string& name, const at::Tensor& value) override;
  /// @throws EngineError naming the file
  void write(const std::filesystem::path& path) const { writer_.write(path); }

 private:
  SafetensorsWriter writer_;
  int step_ = 0;
};

}  // namespace deepseekocr::trace
