// SPDX-License-Identifier: MIT
#include "model/position_fit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include <string>

#include "checkpoint/error.h"
#include "operations/operations.h"

namespace deepseekocr {
namespace {

[[noreturn]] void refuse(int rows, int columns, int64_t table_rows, int64_t table_columns) {
  throw ArgumentError("The checkpoint's position tables end at " + std::to_string(table_rows) + "x" +
                      std::to_string(table_columns) + " positions and it was not trained to stretch them to " +
                      std::to_string(rows) + "x" + std::to_string(columns) +
                      ": choose a smaller resolution, or resolution auto.");
}

}  // namespace

at::Tensor fit_absolute(const at::Tensor& table, int rows, int columns, PositionFit fit) {
  if (table.size(0) == rows && table.size(1) == columns) return table;
  if (fit == PositionFit::interpolate) return operations::resize_bicubic(table, rows, columns);
  if (rows > table.size(0) || columns > table.size(1)) refuse(rows, columns, table.size(0), table.size(1));
  return table.narrow(0, 0, rows).narrow(1, 0, columns);
}

at::Tensor fit_relative(const at::Tensor& table, int side, PositionFit fit) {
  const int length = 2 * side - 1;
  at::Tensor fitted = table;
  if (fit == PositionFit::interpolate && table.size(0) != length) fitted = operations::resize_linear(table, length);
  const int64_t centre = (fitted.size(0) - 1) / 2;
  if (side > centre + 1) refuse(side, side, centre + 1, centre + 1);
  const at::Tensor positions = at::arange(side, table.options().dtype(at::kLong));
  const at::Tensor differences = positions.unsqueeze(1) - positions.unsqueeze(0) + centre;
  return fitted.index_select(0, differences.flatten()).reshape({side, side, table.size(1)});
}

}  // namespace deepseekocr
