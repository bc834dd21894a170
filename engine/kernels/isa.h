// SPDX-License-Identifier: MIT
// Which instructions the kernels use.  Chosen when the program runs, so that one library serves every processor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace deepseekocr::kernels {

/// From the slowest to the fastest.
enum class Isa {
  none,        ///< no kernels of our own: LibTorch computes
  avx2,        ///< AVX2 and FMA
  avxvnni,     ///< AVX2, FMA and AVX-VNNI, whole numbers multiplied and added by one instruction
  avx512,      ///< AVX-512 F, BW, DQ and VL
  avx512vnni,  ///< these and AVX-512 VNNI
};

/// "none", "avx2", "avxvnni", "avx512" or "avx512vnni".
std::string_view isa_name(Isa isa);
std::optional<Isa> parse_isa(std::string_view name);

/// Whether this processor, its operating system and this build have a level.
bool has_isa(Isa isa);

/// The highest level that they have.
Isa best_isa();

/// The highest level that they have, no higher than $DEEPSEEKOCR_ISA where that names one.  Looked at once.
Isa active_isa();

/// What is wrong with $DEEPSEEKOCR_ISA, one sentence; empty: nothing.
std::string isa_complaint();

}  // namespace deepseekocr::kernels
