// SPDX-License-Identifier: MIT
// Products of weights in 8 or 4 bits on a processor that has kernels.  Documented in weights.h.
#pragma once

#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

at::Tensor project(const at::Tensor& x, const PackedMatrices& weights);
at::Tensor swiglu(const at::Tensor& x, const PackedMatrices& gate_up, const PackedMatrices& down);
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const PackedMatrices& gate_up,
                          const PackedMatrices& down);

}  // namespace deepseekocr::operations::cpu
