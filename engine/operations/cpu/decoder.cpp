// SPDX-License-Identifier: MIT
#include "operations/cpu/decoder.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <array>
#include <vector>

#include "kernels/isa.h"
#include "operations/cpu/matrix.h"
#include "operations/cpu/visits.h"

namespace deepseekocr::operations::cpu {
namespace {

bool has_kernels(at::ScalarType type) {
  return active_kernels() != nullptr && (type == at::kFloat || type == at::kBFloat16);
}

int64_t row_count(const at::Tensor& x) {
  return x.size(-1) == 0 ? 0 : x.numel() / x.size(-1);
}

/// `x` as products take it.
at::Tensor input_of(const at::Tensor& x) {
  return x.to(at::kFloat).contiguous();
}

/// LibTorch's products of many rows are worth their time.
bool leaves_many_rows(at::ScalarType type) {
  static const bool kFast = kernels::has_bf16_products();
  return type != at::kBFloat16 || kFast;
}

/// Rows of a matrix from number `row` on.
template <typename T>
Rows<T> rows_from(Rows<T> x, int64_t row) {
  return {x.data + row * x.stride, x.stride};
}

/// Calls work(first row, number of rows) for all of `count`, few at a time.
template <typename Work>
void for_few_rows(int64_t count, const Work& work) {
  for (int64_t i = 0; i < count; i += kFewRows) work(i, std::min(kFewRows, count - i));
}

/// x (count rows) · weightsᵀ into `out`, rounded to its type.
template <typename T, typename Out>
void multiply(Rows<const T> weights, int64_t rows, Rows<const float> x, int64_t count, Rows<Out> out) {
  for_parts(rows, [&](int64_t first, int64_t some) {
    for_few_rows(count, [&](int64_t row, int64_t few) {
      std::array<float, kFewRows * kPartRows> sums;
      typed_kernels<T>().products(rows_from(weights, first), some, rows_from(x, row), few, x.stride,
                                  {sums.data(), kPartRows});
      for (int64_t i = 0; i < few; ++i)
        typed_kernels<Out>().round(sums.data() + i * kPartRows, some, out.data + (row + i) * out.stride + first);
    });
  });
}

/// hidden = silu(gate x) · (up x), columns from `first` on: gate_up has the rows of gate, then those of up.
template <typename T>
void gated_part(Rows<const T> gate_up, int64_t width, Rows<const float> x, int64_t count, int64_t first, int64_t some,
                Rows<float> hidden) {
  for_few_rows(count, [&](int64_t from, int64_t few) {
    std::array<float, kFewRows * kPartRows> gate, up;
    const auto products = [&](int64_t row, float* out) {
      typed_kernels<T>().products(rows_from(gate_up, row), some, rows_from(x, from), few, x.stride, {out, kPartRows});
    };
    products(first, gate.data());
    products(width + first, up.data());
    for (int64_t i = 0; i < few; ++i) {
      float* own = gate.data() + i * kPartRows;
      active_kernels()->silu_times(own, up.data() + i * kPartRows, some, own);
      std::copy_n(own, some, hidden.data + (from + i) * hidden.stride + first);
    }
  });
}

/// x (rows, hidden) → outputs of the experts (pairs, hidden), float32, in the order of the pairs.
template <typename T>
void visit_experts(const Visits& all, int64_t k, const at::Tensor& x, const at::Tensor& gate_up, const at::Tensor& down,
                   float* outputs) {
  const int64_t hidden = x.size(1), width = down.size(2), pairs = static_cast<int64_t>(all.order.size());
  const at::Tensor sorted = at::empty({pairs, hidden}, x.options()), between = at::empty({pairs, width}, x.options());
  for (int64_t place = 0; place < pairs; ++place) {
    const float* row = read_only<float>(x) + all.order[place] / k * hidden;
    std::copy_n(row, hidden, writable<float>(sorted) + place * hidden);
  }
  for_visits(all.visits, width, kPartRows, [&](const Visit& visit, int64_t first, int64_t some) {
    gated_part<T>({read_only<T>(gate_up) + visit.expert * 2 * width * hidden, hidden}, width,
                  {read_only<float>(sorted) + visit.first * hidden, hidden}, visit.count, first, some,
                  {writable<float>(between) + visit.first * width, width});
  });
  for_visits(all.visits, hidden, kPartRows, [&](const Visit& visit, int64_t first, int64_t some) {
    for_few_rows(visit.count, [&](int64_t from, int64_t few) {
      std::array<float, kFewRows * kPartRows> sums;
      const int64_t place = visit.first + from;
      typed_kernels<T>().products({read_only<T>(down) + (visit.expert * hidden + first) * width, width}, some,
                                  {read_only<float>(between) + place * width, width}, few, width,
                                  {sums.data(), kPartRows});
      for (int64_t i = 0; i < few; ++i)
        std::copy_n(sums.data() + i * kPartRows, some, outputs + all.order[place + i] * hidden + first);
    });
  });
}

/// The `k` best of `count` probabilities by falling value, the lower index first among equals.
void take_best(std::vector<float>& probabilities, int k, int64_t* experts, float* weights) {
  for (int rank = 0; rank < k; ++rank) {
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    experts[rank] = best - probabilities.begin();
    weights[rank] = *best;
    *best = -1;
  }
}

}  // namespace

bool takes(const at::Tensor& x, const at::Tensor& weight) {
  return x.is_cpu() && weight.is_cpu() && has_kernels(weight.scalar_type()) && weight.is_contiguous() &&
         x.size(-1) > 0 && (row_count(x) <= kFewRows || !leaves_many_rows(weight.scalar_type()));
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
  std::vector<float> probabilities(static_cast<size_t>(count));
  for (int64_t row = 0; row < rows; ++row) {
    std::copy_n(read_only<float>(scores) + row * count, count, probabilities.begin());
    const float sum = active_kernels()->softmax_terms(probabilities.data(), count, 1);
    for (float& probability : probabilities) probability /= sum;
    float* weights = writable<float>(routing.weights) + row * k;
    take_best(probabilities, k, writable<int64_t>(routing.experts) + row * k, weights);
    float chosen = 0;
    for (int rank = 0; rank < k; ++rank) chosen += weights[rank];
    const float factor = normalise && k > 1 ? 1 / (chosen + 1e-20F) : static_cast<float>(scale);
    for (int rank = 0; rank < k; ++rank) weights[rank] *= factor;
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
