// SPDX-License-Identifier: MIT
#include "operations/weights.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "operations/aten/reference.h"
#include "operations/cpu/guarded.h"
#include "operations/cpu/packed.h"
#include "operations/cpu/vision.h"
#include "operations/host_memory.h"

namespace deepseekocr::operations {
namespace {

using kernels::kPanelRows;

int64_t panel_count(int64_t rows) {
  return (rows + kPanelRows - 1) / kPanelRows;
}

int64_t panel_bytes(PackedFormat format, int64_t columns) {
  if (format == PackedFormat::int8) return kernels::panel_bytes<kernels::Int8>(columns);
  if (format == PackedFormat::int8x8) return kernels::panel_bytes<kernels::Int8x8>(columns);
  return kernels::panel_bytes<kernels::Int4>(columns);
}

const kernels::FormatPacking& packing(PackedFormat format) {
  const kernels::Packing& all = kernels::packing_of(kernels::active_isa());
  if (format == PackedFormat::int8) return all.int8;
  return format == PackedFormat::int8x8 ? all.int8x8 : all.int4;
}

uint8_t* panel_of(const PackedMatrices& matrices, int64_t index, int64_t panel) {
  return static_cast<uint8_t*>(matrices.panels.mutable_data_ptr()) +
         (index * matrices.panels.size(1) + panel) * matrices.panels.size(2);
}

/// Losses of `rows` rows from row `first` on.
void measure_loss(const float* exact, const float* kept, int64_t first, int64_t rows, int64_t columns, RowLoss& loss) {
  const auto above = [](double x) { return std::nextafter(static_cast<float>(x), std::numeric_limits<float>::max()); };
  for (int64_t row = 0; row < rows; ++row, exact += columns, kept += columns) {
    double lost = 0, squares = 0;
    for (int64_t k = 0; k < columns; ++k) {
      lost += (double{exact[k]} - kept[k]) * (double{exact[k]} - kept[k]);
      squares += double{kept[k]} * kept[k];
    }
    const auto place = static_cast<size_t>(first + row);
    loss.errors[place] = above(std::sqrt(lost));
    loss.norms[place] = above(std::sqrt(squares) + std::sqrt(lost));
  }
}

const at::Tensor* dense(const Weights& weights) {
  return std::get_if<at::Tensor>(&weights);
}

/// For a processor without kernels: what the reference makes of the unpacked weights.
at::Tensor stacked(const PackedMatrices& matrices, int64_t count) {
  return unpacked(matrices).view({count, -1, matrices.columns});
}

}  // namespace

uint64_t packed_bytes(PackedFormat format, int64_t count, int64_t rows, int64_t columns) {
  return static_cast<uint64_t>(count * panel_count(rows) * panel_bytes(format, columns));
}

std::span<std::byte> matrix_bytes(const PackedMatrices& matrices, int64_t index) {
  const int64_t bytes = matrices.panels.size(1) * matrices.panels.size(2);
  return {static_cast<std::byte*>(matrices.panels.mutable_data_ptr()) + index * bytes, static_cast<size_t>(bytes)};
}

std::string packing_layout() {
  return "packing " + std::to_string(kernels::kPackingVersion) + ", panels of " + std::to_string(kPanelRows) +
         " rows, groups of " + std::to_string(kernels::Int8::kGroup) + " in int8, " +
         std::to_string(kernels::Int8x8::kGroup) + " in int8x8 and " + std::to_string(kernels::Int4::kGroup) +
         " in int4";
}

PackedMatrices allocate_packed(PackedFormat format, int64_t count, int64_t rows, int64_t columns,
                               at::ScalarType dtype) {
  return {format,  count, rows,
          columns, dtype, empty_on_host({count, panel_count(rows), panel_bytes(format, columns)}, at::kByte)};
}

void pack_matrix(const PackedMatrices& matrices, int64_t index, const ReadRows& read, RowLoss* loss) {
  if (loss != nullptr) {
    loss->errors.resize(static_cast<size_t>(matrices.rows));
    loss->norms.resize(static_cast<size_t>(matrices.rows));
  }
  const kernels::FormatPacking& kernel = packing(matrices.format);
  const int64_t columns = matrices.columns;
  cpu::run_guarded(panel_count(matrices.rows), [&](int64_t panel) {
    thread_local std::vector<float> buffer;
    buffer.resize(static_cast<size_t>(2 * kPanelRows * columns));
    float *own = buffer.data(), *kept = own + kPanelRows * columns;
    const int64_t first = panel * kPanelRows, some = std::min(kPanelRows, matrices.rows - first);
    read(first, some, own);
    uint8_t* data = panel_of(matrices, index, panel);
    kernel.pack({own, columns}, some, columns, data);
    if (loss == nullptr) return;
    kernel.unpack(data, some, columns, {kept, columns});
    measure_loss(own, kept, first, some, columns, *loss);
  });
}

at::Tensor unpacked(const PackedMatrices& matrices) {
  at::Tensor all = at::empty({matrices.count * matrices.rows, matrices.columns}, at::TensorOptions().dtype(at::kFloat));
  auto* out = all.mutable_data_ptr<float>();
  const int64_t panels = panel_count(matrices.rows), columns = matrices.columns;
  cpu::team().run(matrices.count * panels, [&](int64_t i) {
    const int64_t index = i / panels, first = i % panels * kPanelRows;
    packing(matrices.format)
        .unpack(panel_of(matrices, index, i % panels), std::min(kPanelRows, matrices.rows - first), columns,
                {out + (index * matrices.rows + first) * columns, columns});
  });
  return all;
}

at::Tensor linear(const at::Tensor& x, const Weights& weight, const at::Tensor& bias) {
  if (const at::Tensor* whole = dense(weight)) return linear(x, *whole, bias);
  const auto& packed = std::get<PackedMatrices>(weight);
  return cpu::active_kernels() != nullptr ? cpu::linear(x, packed, bias) : aten::linear(x, unpacked(packed), bias);
}

at::Tensor gelu_mlp(const at::Tensor& x, const Weights& first, const at::Tensor& first_bias, const Weights& second,
                    const at::Tensor& second_bias) {
  if (const at::Tensor* whole = dense(first))
    return gelu_mlp(x, *whole, first_bias, std::get<at::Tensor>(second), second_bias);
  const auto &in = std::get<PackedMatrices>(first), &out = std::get<PackedMatrices>(second);
  if (cpu::active_kernels() == nullptr) return gelu_mlp(x, unpacked(in), first_bias, unpacked(out), second_bias);
  return cpu::mlp(x, in, first_bias, out, second_bias, cpu::active_kernels()->gelu);
}

at::Tensor quick_gelu_mlp(const at::Tensor& x, const Weights& first, const at::Tensor& first_bias,
                          const Weights& second, const at::Tensor& second_bias) {
  if (const at::Tensor* whole = dense(first))
    return quick_gelu_mlp(x, *whole, first_bias, std::get<at::Tensor>(second), second_bias);
  const auto &in = std::get<PackedMatrices>(first), &out = std::get<PackedMatrices>(second);
  if (cpu::active_kernels() == nullptr) return quick_gelu_mlp(x, unpacked(in), first_bias, unpacked(out), second_bias);
  return cpu::mlp(x, in, first_bias, out, second_bias, cpu::active_kernels()->quick_gelu);
}

at::Tensor patch_embedding(const at::Tensor& pixels, const Weights& weight, const at::Tensor& bias, int64_t p) {
  return linear(aten::patches(pixels, p), weight, bias);
}

at::Tensor project(const at::Tensor& x, const Weights& weight) {
  if (const at::Tensor* whole = dense(weight)) return project(x, *whole);
  const auto& packed = std::get<PackedMatrices>(weight);
  if (cpu::active_kernels() != nullptr) return cpu::project(x, packed);
  return aten::project(x, unpacked(packed)).to(packed.dtype);
}

at::Tensor swiglu(const at::Tensor& x, const Weights& gate_up, const Weights& down) {
  if (const at::Tensor* whole = dense(gate_up)) return swiglu(x, *whole, std::get<at::Tensor>(down));
  const auto &first = std::get<PackedMatrices>(gate_up), &second = std::get<PackedMatrices>(down);
  if (cpu::active_kernels() != nullptr) return cpu::swiglu(x, first, second);
  return aten::swiglu(x, unpacked(first), unpacked(second)).to(second.dtype);
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const Weights& gate_up, const Weights& down) {
  if (const at::Tensor* whole = dense(gate_up)) {
    const auto& other = std::get<at::Tensor>(down);
    const int64_t hidden = x.size(1), width = other.size(-1);
    return routed_experts(x, routing, whole->view({-1, 2 * width, hidden}), other.view({-1, hidden, width}));
  }
  const auto &first = std::get<PackedMatrices>(gate_up), &second = std::get<PackedMatrices>(down);
  if (cpu::active_kernels() != nullptr) return cpu::routed_experts(x, routing, first, second);
  return aten::routed_experts(x, routing, stacked(first, second.count), stacked(second, second.count));
}

}  // namespace deepseekocr::operations
