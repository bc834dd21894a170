// SPDX-License-Identifier: MIT
// How many threads of a processor compute, and whose.
//
// LibTorch's threads and the team of operations/cpu look out busily for the next piece of work for a while: LibTorch's
// for milliseconds, long after the team has begun.  Where the team does all that takes long, LibTorch's stay out.
#pragma once

#include <c10/core/ScalarType.h>

namespace deepseekocr::operations {

/// Whether the decoder of a network of this dtype leaves nothing to LibTorch that wants several threads, on a
/// processor.
bool team_computes(at::ScalarType dtype);

/// From here on, for what the calling thread computes.
/// @param count  threads, at least 1
/// @param team_only  LibTorch computes on the calling thread alone
void use_threads(int count, bool team_only);

}  // namespace deepseekocr::operations
