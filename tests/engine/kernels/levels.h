// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/isa.h"

namespace deepseekocr::kernels {

/// The levels of instructions that have kernels.
constexpr Isa kLevels[] = {Isa::avx2, Isa::avxvnni, Isa::avx512, Isa::avx512vnni};

}  // namespace deepseekocr::kernels
