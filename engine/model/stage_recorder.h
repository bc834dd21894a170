// SPDX-License-Identifier: MIT
// What the stages of the network hand over to the outside while they run: their tensors, and a chance to stop.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

namespace deepseekocr {

/// Receives intermediate tensors, for comparison with a reference.  Called on the thread that runs the network.
class StageRecorder {
 public:
  virtual ~StageRecorder() = default;
  /// @param name  "sam.block3.global", "decoder.layer1.experts", …
  /// @param value  valid afterwards too, but must not be written to
  virtual void record(const std::string& name, const at::Tensor& value) = 0;
};

/// Passed through the layers of one run.
struct RunContext {
  StageRecorder* recorder = nullptr;
  std::string suffix;             ///< of the names of vision stages: ".global", ".local"
  std::function<bool()> stopped;  ///< whether nobody wants the result any more; may be empty

  void record(const std::string& stage, const at::Tensor& value) const {
    if (recorder) recorder->record(stage + suffix, value);
  }
  /// @throws Cancelled if `stopped`; called between layers
  void check() const;
};

}  // namespace deepseekocr
