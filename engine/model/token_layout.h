// SPDX-License-Identifier: MIT
// The order of image tokens in the prompt (specification 1.4): [tiles as one raster] [global view] [separator], each
// row of tokens followed by the newline vector.
#pragma once

#include <ATen/core/Tensor.h>

#include "image/views.h"

namespace deepseekocr {

/// @param global (rows, columns, hidden)
/// @param tiles (grid.rows · grid.columns, rows, columns, hidden), row-major; undefined without tiles
/// @param newline, separator (hidden)
/// @return (tokens, hidden)
at::Tensor lay_out_tokens(const at::Tensor& global, const at::Tensor& tiles, const TileGrid& grid,
                          const at::Tensor& newline, const at::Tensor& separator);

}  // namespace deepseekocr
