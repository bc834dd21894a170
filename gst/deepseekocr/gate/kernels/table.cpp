// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/kernels/variant.h"

#define GATE_TEXT_OF(name) #name
#define GATE_NAME(name) GATE_TEXT_OF(name)

namespace deepseekocr::plugin::GATE_VARIANT {

extern const Kernels kKernels;
const Kernels kKernels = {
    GATE_NAME(GATE_VARIANT),
    {halve_plane, halve_packed2, halve_rgb3, halve_rgb4},
    quarter,
    measure_band,
    find_lively,
    widest_gap,
    sample_row,
    find_strokes,
    count_moved,
    compare,
};

}  // namespace deepseekocr::plugin::GATE_VARIANT
