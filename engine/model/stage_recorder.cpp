// SPDX-License-Identifier: MIT
#include "model/stage_recorder.h"

#include "serving/model_runner.h"

namespace deepseekocr {

void RunContext::check() const {
  if (stopped && stopped()) throw Cancelled{};
}

}  // namespace deepseekocr
