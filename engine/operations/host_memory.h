// SPDX-License-Identifier: MIT
// Memory of weights that a processor multiplies with.
#pragma once

#include <ATen/core/Tensor.h>

namespace deepseekocr::operations {

/// Uninitialised memory on the host, in huge pages where it is large and the system has them: it takes fewer faults to
/// fill it, and fewer look-ups of addresses to read it.
/// @throws c10::Error if there is not enough memory
at::Tensor empty_on_host(at::IntArrayRef shape, at::ScalarType type);

}  // namespace deepseekocr::operations
