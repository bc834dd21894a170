// SPDX-License-Identifier: MIT
// From a submitted request to what the model takes: views, prompt ids and limits.
#pragma once

#include "serving/model_runner.h"
#include "serving/request.h"

namespace deepseekocr {

/// Fills request.page; gives the caller's pixels back as soon as they are converted.  Any thread, one at a time per
/// request.
/// @param runner only what any thread may call is called
/// @param tokenizer nullptr: the request must carry ids
/// @throws EngineError whose sentence names the value and what to do
void prepare(Request& request, ModelRunner& runner, const Tokenizer* tokenizer);

}  // namespace deepseekocr
