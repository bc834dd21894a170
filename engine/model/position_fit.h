// SPDX-License-Identifier: MIT
// Position tables of a checkpoint, fitted to the grid of a canvas.
#pragma once

#include <ATen/core/Tensor.h>

#include "checkpoint/model_config.h"

namespace deepseekocr {

/// An absolute table (rows, columns, width) for a grid: itself where the sizes agree, else resized (interpolate) or its
/// top-left part (crop).
/// @throws ArgumentError if a cropped table would have to grow
at::Tensor fit_absolute(const at::Tensor& table, int rows, int columns, PositionFit fit);

/// A relative table (2·n_max − 1, dim) for a side of n positions, expanded to [query, key]: (n, n, dim), entry q − k.
/// @throws ArgumentError if a cropped table would have to grow
at::Tensor fit_relative(const at::Tensor& table, int side, PositionFit fit);

}  // namespace deepseekocr
