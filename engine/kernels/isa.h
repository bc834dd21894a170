// SPDX-License-Identifier: MIT
// Which instructions the kernels use.  Chosen when the program runs, so that one library serves every processor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deepseekocr::kernels {

/// Each level includes those before it.
enum class Isa {
  none,    ///< no kernels of our own: LibTorch computes
  avx2,    ///< AVX2 and FMA
  avx512,  ///< AVX-512 F, BW, DQ and VL
};

/// "none", "avx2" or "avx512".
std::string_view isa_name(Isa isa);
std::optional<Isa> parse_isa(std::string_view name);

/// The highest level that this processor, its operating system and this build have.
Isa best_isa();

/// best_isa(), capped by $DEEPSEEKOCR_ISA where that names a level.  Looked at once.
Isa active_isa();

/// What is wrong with $DEEPSEEKOCR_ISA, one sentence; empty: nothing.
std::string isa_complaint();

}  // namespace deepseekocr::kernels
