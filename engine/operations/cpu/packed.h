// SPDX-License-Identifier: MIT
// Products of weights in 8 or 4 bits on a processor that has kernels.  Documented in weights.h.
#pragma once

#include "kernels/kernels.h"
#include "operations/weights.h"

namespace deepseekocr::operations::cpu {

/// The processor's loops for a format.
const kernels::PanelKernels& panel_kernels(PackedFormat format);

/// Panels of matrix `matrix` from row `first` on, a multiple of kPanelRows.
const uint8_t* panels_from(const PackedMatrices& weights, int64_t matrix, int64_t first);

at::Tensor project(const at::Tensor& x, const PackedMatrices& weights);
at::Tensor swiglu(const at::Tensor& x, const PackedMatrices& gate_up, const PackedMatrices& down);
at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const PackedMatrices& gate_up,
                          const PackedMatrices& down);

}  // namespace deepseekocr::operations::cpu
