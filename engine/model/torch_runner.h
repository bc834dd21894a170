// SPDX-License-Identifier: MIT
// The network on LibTorch behind the scheduler's interface.
#pragma once

#include <memory>

#include "model/stage_recorder.h"
#include "serving/model_runner.h"

namespace deepseekocr {

/// load_model() with a recorder, for programs that look inside.
/// @param recorder  gets the stages of every encode() and prefill() and the logits of every step; may be null; must
///   outlive the runner
std::unique_ptr<ModelRunner> load_torch_model(const ModelOptions& options, const LoadProgress& progress,
                                              const CancelFlag& cancelled, StageRecorder* recorder);

}  // namespace deepseekocr
