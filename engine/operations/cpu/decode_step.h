// SPDX-License-Identifier: MIT
// The decode step on a processor: what the operations of operations.h give, to the bit, in fewer shared pieces of work
// and without memory of its own from the second step on.
#pragma once

#include <memory>

#include "operations/decode_step.h"

namespace deepseekocr::operations::cpu {

/// As that of decode_step.h: for weights in a processor's memory, float32, bfloat16 or packed, where it has kernels.
std::unique_ptr<DecodeStep> make_decode_step(const DecoderWeights& weights);

}  // namespace deepseekocr::operations::cpu
