// SPDX-License-Identifier: MIT
#include "model/token_layout.h"

#include <ATen/ops/cat.h>

#include <vector>

namespace deepseekocr {
namespace {

/// (rows, columns, hidden) → (rows · (columns + 1), hidden)
at::Tensor with_newlines(const at::Tensor& raster, const at::Tensor& newline) {
  return at::cat({raster, newline.expand({raster.size(0), 1, raster.size(2)})}, 1).flatten(0, 1);
}

/// Tiles side by side as one raster: (tiles, rows, columns, hidden) → (grid.rows·rows, grid.columns·columns, hidden)
at::Tensor stitch(const at::Tensor& tiles, const TileGrid& grid) {
  const int64_t rows = tiles.size(1), columns = tiles.size(2), hidden = tiles.size(3);
  return tiles.reshape({grid.rows, grid.columns, rows, columns, hidden})
      .transpose(1, 2)
      .reshape({grid.rows * rows, grid.columns * columns, hidden});
}

}  // namespace

at::Tensor lay_out_tokens(const at::Tensor& global, const at::Tensor& tiles, const TileGrid& grid,
                          const at::Tensor& newline, const at::Tensor& separator) {
  std::vector<at::Tensor> parts;
  if (grid.count() > 0) parts.push_back(with_newlines(stitch(tiles, grid), newline));
  parts.push_back(with_newlines(global, newline));
  parts.push_back(separator.unsqueeze(0));
  return at::cat(parts);
}

}  // namespace deepseekocr
