// SPDX-License-Identifier: MIT
// Number formats that weights are stored in, and conversion between them.
#pragma once

#include <cstddef>

namespace deepseekocr {

/// Storage types of safetensors that a weight may have.
enum class ElementType { f32, f16, bf16 };

/// Bytes of one element.
size_t element_size(ElementType type);

/// The name that safetensors uses: "F32", "F16", "BF16".
const char* element_name(ElementType type);

/// Converts `count` elements.  The arrays must not overlap and need no alignment.  Widening is exact; narrowing rounds
/// to the nearest value, ties to even, overflows to infinity and keeps NaN a NaN.  Formats with different exponents
/// (f16 and bf16) meet in float32, so there is one rounding only.
void convert_elements(ElementType from, const void* source, ElementType to, void* destination, size_t count);

}  // namespace deepseekocr
