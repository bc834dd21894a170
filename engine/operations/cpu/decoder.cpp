// SPDX-License-Identifier: MIT
#include "operations/cpu/decoder.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <vector>

#include "operations/cpu/matrix.h"
#include "operations/cpu/routing.h"
#include "operations/cpu/visits.h"

namespace deepseekocr::operations::cpu {
namespace {

/// Inputs that are multiplied with a part of the weights before their results are handed on.
constexpr int64_t kPartInputs = 24;

using Sums = std::array<float, kPartInputs * kPartRows>;

/// Which products are taken for `count` inputs, whatever part of them is multiplied at once.
template <typename T>
auto products_for(int64_t count) {
  return count <= kFewRows ? typed_kernels<T>().products : typed_kernels<T>().many_products;
}

template <typename T>
Rows<T> from_row(Rows<T> rows, int64_t first) {
  return {rows.data + first * rows.stride, rows.stride};
}

/// x (count rows) · weightsᵀ into `out`, rounded to its type.
template <typename T, typename Out>
void multiply(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, Rows<Out> out) {
  const auto products = products_for<T>(count);
  for_parts(rows, [&](int64_t first, int64_t some) {
    for_inputs(count, kPartInputs, [&](int64_t i, int64_t inputs) {
      Sums sums;
      products(from_row(weights, first), some, from_row(x, i), inputs, x.stride, {sums.data(), kPartRows});
      for (int64_t row = 0; row < inputs; ++row)
        typed_kernels<Out>().round(sums.data() + row * kPartRows, some, out.data + (i + row) * out.stride + first);
    });
  });
}

/// hidden = silu(gate x) · (up x), columns from `first` on: gate_up has the rows of gate, then those of up.
template <typename T>
void gated_part(Rows<const T> gate_up, int64_t width, Rows<const float> x, int64_t count, int64_t first, int64_t some,
                Rows<float> hidden) {
  const auto products = products_for<T>(count);
  for_inputs(count, kPartInputs, [&](int64_t i, int64_t inputs) {
    Sums gates, ups;
    products(from_row(gate_up, first), some, from_row(x, i), inputs, x.stride, {gates.data(), kPartRows});
    products(from_row(gate_up, width + first), some, from_row(x, i), inputs, x.stride, {ups.data(), kPartRows});
    for (int64_t row = 0; row < inputs; ++row) {
      float* own = gates.data() + row * kPartRows;
      active_kernels()->silu_times(own, ups.data() + row * kPartRows, some, own);
      std::copy_n(own, some, hidden.data + (i + row) * hidden.stride + first);
    }
  });
}

/// x (rows, hidden) → outputs of the experts (pairs, hidden), float32, in the order of the pairs.
template <typename T>
void visit_experts(const Visits& all, int64_t k, const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down,
                   float* outputs) {
  const int64_t hidden = x.size(1), width = down.size(2), pairs = static_cast<int64_t>(all.order.size());
  const at::Tensor sorted = at::empty({pairs, hidden}, x.options()), between = at::empty({pairs, width}, x.options());
  for_rows(pairs, [&](int64_t place) {
    const float* row = read_only<float>(x) + all.order[static_cast<size_t>(place)] / k * hidden;
    std::copy_n(row, hidden, writable<float>(sorted) + place * hidden);
  });
  for_visits(all, width, kPartRows, [&](const Visit& visit, int64_t first, int64_t some) {
    gated_part<T>({read_only<T>(gate_up) + visit.expert * 2 * width * hidden, hidden}, width,
                  {read_only<float>(sorted) + visit.first * hidden, hidden}, visit.count, first, some,
                  {writable<float>(between) + visit.first * width, width});
  });
  for_visits(all, hidden, kPartRows, [&](const Visit& visit, int64_t first, int64_t some) {
    const Rows<const float> own{read_only<float>(between) + visit.first * width, width};
    for_inputs(visit.count, kPartInputs, [&](int64_t i, int64_t inputs) {
      Sums sums;
      products_for<T>(visit.count)({read_only<T>(down) + (visit.expert * hidden + first) * width, width}, some,
                                   from_row(own, i), inputs, width, {sums.data(), kPartRows});
      for (int64_t row = 0; row < inputs; ++row)
        std::copy_n(sums.data() + row * kPartRows, some, outputs + all.order[visit.first + i + row] * hidden + first);
    });
  });
}

}  // namespace

bool is_slow(at::ScalarType type) {
  return type == at::kBFloat16 && kernels::best_isa() < kernels::Isa::avx512;
}

bool has_kernels(at::ScalarType type) {
  return active_kernels() != nullptr && (type == at::kFloat || type == at::kBFloat16);
}

bool computes_all(at::ScalarType type) {
  return has_kernels(type) && is_slow(type);
}

bool takes(const at::Tensor& x, const at::Tensor& weight) {
  return takes_any_rows(x, weight) && (row_count(x) <= kFewRows || is_slow(weight.scalar_type()));
}

bool takes_any_rows(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && weight.is_cpu() && has_kernels(weight.scalar_type()) && weight.is_contiguous() && x.size(-1) > 0;
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  const at::Tensor in = x.to(at::kFloat).contiguous(), scale = weight.to(at::kFloat);
  at::Tensor out = at::empty(in.sizes(), in.options());
  const int64_t length = in.size(-1);
  for (int64_t row = 0; row < row_count(in); ++row) {
    active_kernels()->rms_norm(read_only<float>(in) + row * length, read_only<float>(scale), length,
                               static_cast<float>(epsilon), writable<float>(out) + row * length);
  }
  return out;
}

at::Tensor project(const at::Tensor& x, const at::Tensor& weight) {
  const at::Tensor in = input_of(x);
  std::vector<int64_t> shape = in.sizes().vec();
  shape.back() = weight.size(0);
  at::Tensor out = at::empty(shape, weight.options());
  with_element(weight.scalar_type(), [&]<typename T>(T) {
    multiply<T, T>(rows_of<T>(weight), weight.size(0), rows_of<float>(in), row_count(in),
                   {writable<T>(out), out.size(-1)});
  });
  return out;
}

at::Tensor logits(const at::Tensor& x, const at::Tensor& weight) {
  const at::Tensor in = input_of(x);
  at::Tensor out = at::empty({in.size(0), weight.size(0)}, in.options().dtype(at::kFloat));
  with_element(weight.scalar_type(), [&]<typename T>(T) {
    multiply<T, float>(rows_of<T>(weight), weight.size(0), rows_of<float>(in), in.size(0),
                       {writable<float>(out), out.size(1)});
  });
  return out;
}

at::Tensor swiglu(const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down) {
  const at::Tensor in = input_of(x);
  const int64_t width = down.size(1), rows = row_count(in);
  const at::Tensor between = at::empty({rows, width}, in.options());
  with_element(gate_up.scalar_type(), [&]<typename T>(T) {
    for_parts(width, [&](int64_t first, int64_t some) {
      gated_part<T>(rows_of<T>(gate_up), width, rows_of<float>(in), rows, first, some,
                    {writable<float>(between), width});
    });
  });
  std::vector<int64_t> shape = in.sizes().vec();
  shape.back() = down.size(0);
  return project(between, down).reshape(shape);
}

Routing route(const at::Tensor& x, const at::Tensor& gate, int k, bool normalise, double scale) {
  const at::Tensor scores = logits(x, gate);
  const int64_t rows = scores.size(0), count = scores.size(1);
  Routing routing{at::empty({rows, k}, scores.options().dtype(at::kLong)), at::empty({rows, k}, scores.options())};
  const RoutingRule rule{k, normalise, static_cast<float>(scale)};
  for (int64_t row = 0; row < rows; ++row) {
    route_row(writable<float>(scores) + row * count, count, rule, writable<int64_t>(routing.experts) + row * k,
              writable<float>(routing.weights) + row * k);
  }
  return routing;
}

at::Tensor routed_experts(const at::Tensor& x, const Routing& routing, const at::Tensor& gate_up,
                          const at::Tensor& down) {
  const at::Tensor in = input_of(x);
  const int64_t rows = in.size(0), hidden = in.size(1), k = routing.experts.size(1);
  const Visits all = sort_by_expert(routing);
  const auto single = in.options().dtype(at::kFloat);
  const at::Tensor outputs = at::empty({rows * k, hidden}, single);
  with_element(gate_up.scalar_type(),
               [&]<typename T>(T) { visit_experts<T>(all, k, in, gate_up, down, writable<float>(outputs)); });
  return sum_of_experts(outputs, routing);
}

}  // namespace deepseekocr::operations::cpu
