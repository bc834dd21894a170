// SPDX-License-Identifier: MIT
#include "operations/cpu/packed.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "operations/cpu/matrix.h"
#include "operations/cpu/rounded_buffer.h"
#include "operations/cpu/visits.h"

namespace deepseekocr::operations::cpu {
namespace {

using kernels::kPanelRows;
using kernels::RoundedRows;

/// Panels that a member of the team takes at once.
constexpr int64_t kPartPanels = 4;
constexpr int64_t kPartPanelRows = kPartPanels * kPanelRows;
/// Inputs that are multiplied with them before their results are handed on.
constexpr int64_t kPanelInputs = 16;

using PanelSums = std::array<float, kPanelInputs * kPartPanelRows>;

/// Rows first … first + some − 1 of one matrix times inputs: sums[input · kPartPanelRows + row].
void multiply_part(const PackedMatrices& weights, int64_t matrix, int64_t first, int64_t some, const RoundedRows& x,
                   int64_t inputs, PanelSums& sums) {
  panel_kernels(weights.format)
      .products(panels_from(weights, matrix, first), (some + kPanelRows - 1) / kPanelRows, x, inputs,
                {sums.data(), kPartPanelRows});
}

/// hidden = silu(gate x) · (up x), columns first … first + some − 1; `gate` is the number of its matrix, up's the next.
void gated_part(const PackedMatrices& gate_up, int64_t gate, const RoundedRows& x, int64_t count, int64_t first,
                int64_t some, Rows<float> hidden) {
  const int64_t group = group_bytes(gate_up.format);
  for_inputs(count, kPanelInputs, [&](int64_t i, int64_t inputs) {
    PanelSums gates, ups;
    multiply_part(gate_up, gate, first, some, x.from(i, group), inputs, gates);
    multiply_part(gate_up, gate + 1, first, some, x.from(i, group), inputs, ups);
    for (int64_t row = 0; row < inputs; ++row) {
      const int64_t place = row * kPartPanelRows;
      active_kernels()->silu_times(gates.data() + place, ups.data() + place, some,
                                   hidden.data + (i + row) * hidden.stride + first);
    }
  });
}

/// x (rows, columns) · weightsᵀ, rounded to Out.
template <typename Out>
void multiply(const PackedMatrices& weights, const RoundedRows& x, int64_t count, Rows<Out> out) {
  const int64_t parts = (weights.rows + kPartPanelRows - 1) / kPartPanelRows;
  const int64_t group = group_bytes(weights.format);
  team().run(weights.count * parts, [&](int64_t part) {
    const int64_t matrix = part / parts, first = part % parts * kPartPanelRows;
    const int64_t some = std::min(kPartPanelRows, weights.rows - first);
    for_inputs(count, kPanelInputs, [&](int64_t i, int64_t inputs) {
      PanelSums sums;
      multiply_part(weights, matrix, first, some, x.from(i, group), inputs, sums);
      for (int64_t row = 0; row < inputs; ++row)
        typed_kernels<Out>().round(sums.data() + row * kPartPanelRows, some,
                                   out.data + (i + row) * out.stride + matrix * weights.rows + first);
    });
  });
}

}  // namespace

const kernels::PanelKernels& panel_kernels(PackedFormat format) {
  if (format == PackedFormat::int8) return active_kernels()->int8;
  return format == PackedFormat::int8x8 ? active_kernels()->int8x8 : active_kernels()->int4;
}

const uint8_t* panels_from(const PackedMatrices& weights, int64_t matrix, int64_t first) {
  return read_only<uint8_t>(weights.panels) +
         (matrix * weights.panels.size(1) + first / kPanelRows) * weights.panels.size(2);
}

at::Tensor project(const at::Tensor& x, const PackedMatrices& weights) {
  thread_local RoundedBuffer buffer;
  const at::Tensor in = input_of(x);
  std::vector<int64_t> shape = in.sizes().vec();
  shape.back() = weights.count * weights.rows;
  at::Tensor out = at::empty(shape, in.options().dtype(weights.dtype));
  const int64_t rows = row_count(in);
  const RoundedRows rounded = buffer.round(rows_of<float>(in), rows, in.size(-1), weights.format);
  with_element(weights.dtype, [&]<typename T>(T) {
    multiply<T>(weights, rounded, rows, {writable<T>(out), shape.back()});
  });
  return out;
}

at::Tensor swiglu(const at::Tensor& x, const PackedMatrices& gate_up, const PackedMatrices& down) {
  thread_local RoundedBuffer buffer;
  const at::Tensor in = input_of(x);
  const int64_t width = gate_up.rows, rows = row_count(in);
  const RoundedRows rounded = buffer.round(rows_of<float>(in), rows, in.size(-1), gate_up.format);
  const at::Tensor between = at::empty({rows, width}, in.options());
  team().run((width + kPartPanelRows - 1) / kPartPanelRows, [&](int64_t part) {
    const int64_t first = part * kPartPanelRows;
    gated_part(gate_up, 0, rounded, rows, first, std::min(kPartPanelRows, width - first),
               {writable<float>(between), width});
  });
  std::vector<int64_t> shape = in.sizes().vec();
  shape.back() = down.rows;
  return project(between, down).reshape(shape);
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const PackedMatrices& gate_up,
                          const PackedMatrices& down) {
  thread_local RoundedBuffer inputs, sorted, between_buffer;
  const at::Tensor in = input_of(x);
  const int64_t hidden = in.size(1), width = down.columns, k = routing.experts.size(1);
  const int64_t group = group_bytes(gate_up.format);
  const Visits all = sort_by_expert(routing);
  const auto pairs = static_cast<int64_t>(all.order.size());
  const RoundedRows rounded = inputs.round(rows_of<float>(in), in.size(0), hidden, gate_up.format);
  const RoundedRows places = sorted.gather(rounded, all.order, k, group);
  const at::Tensor between = at::empty({pairs, width}, in.options());
  for_visits(all, width, kPartPanelRows, [&](const Visit& visit, int64_t first, int64_t some) {
    gated_part(gate_up, 2 * visit.expert, places.from(visit.first, group), visit.count, first, some,
               {writable<float>(between) + visit.first * width, width});
  });
  const RoundedRows gated = between_buffer.round(rows_of<float>(between), pairs, width, down.format);
  const at::Tensor outputs = at::empty({pairs, hidden}, in.options());
  for_visits(all, hidden, kPartPanelRows, [&](const Visit& visit, int64_t first, int64_t some) {
    for_inputs(visit.count, kPanelInputs, [&](int64_t i, int64_t count) {
      PanelSums sums;
      multiply_part(down, visit.expert, first, some, gated.from(visit.first + i, group), count, sums);
      for (int64_t row = 0; row < count; ++row)
        std::copy_n(sums.data() + row * kPartPanelRows, some,
                    writable<float>(outputs) + all.order[static_cast<size_t>(visit.first + i + row)] * hidden + first);
    });
  });
  return sum_of_experts(outputs, routing);
}

}  // namespace deepseekocr::operations::cpu
