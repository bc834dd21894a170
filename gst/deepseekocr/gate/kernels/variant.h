// SPDX-License-Identifier: MIT
// The functions of one form of the kernels.  The sources beside this header are compiled once for each form, with
// GATE_VARIANT as its name.
//
// They use nothing that is inline outside of that name, the standard library's templates included: the linker keeps one
// copy of such a function, which may be the one for a processor that this one is not.
#pragma once

#include "deepseekocr/gate/kernels/kernels.h"

namespace deepseekocr::plugin::GATE_VARIANT {

void halve_plane(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out);
void halve_packed2(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out);
void halve_rgb3(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out);
void halve_rgb4(const uint8_t* upper, const uint8_t* lower, int32_t width, uint8_t* scratch, uint8_t* out);
void quarter(Patch source, int32_t width, uint8_t* scratch, uint8_t* out);

void measure_band(Patch rows, int32_t count, int32_t blocks, uint8_t* ranges);
void find_lively(const uint8_t* const* bands, int32_t blocks, uint8_t least_height, uint8_t* lively);
uint8_t widest_gap(const uint8_t* row, const uint8_t* other, int32_t blocks);

void sample_row(const uint8_t* const* rows, int32_t blocks, bool either_way, uint8_t* heights);
void find_strokes(const uint8_t* const* rows, int32_t count_of_rows, const uint8_t* lively, int32_t blocks,
                  uint8_t threshold, uint8_t* heights, ptrdiff_t stride, const CellBytes& found);

bool count_moved(Patch before, Patch now, int32_t count, uint8_t least, uint8_t* moved);
void compare(Patch luma_before, Patch luma_now, Patch height_before, Patch height_now, int32_t count,
             const BlockLimits& limits, BlockChange* change);

}  // namespace deepseekocr::plugin::GATE_VARIANT
