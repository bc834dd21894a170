// SPDX-License-Identifier: MIT
// From exceptions to the status and sentence that may cross the C boundary.
#pragma once

#include <deepseekocr/engine.h>

#include <string_view>

namespace deepseekocr {

/// A status with its sentence.  A sentence that is too long is cut between two characters.
DsocrError make_error(DsocrStatus status, std::string_view sentence);

/// The exception that is being handled, as an error: EngineError keeps its status, std::bad_alloc becomes
/// OUT_OF_MEMORY, anything else INTERNAL.  Call it inside a catch block only.
DsocrError current_error() noexcept;

}  // namespace deepseekocr
