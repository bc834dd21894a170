// SPDX-License-Identifier: MIT
// Attention of one new position for each of several sequences, and of prompts.
#include <ATen/ops/empty.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "operations/aten/reference.h"
#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {
namespace {

/// What all heads of all sequences share.
struct Step {
  const at::Tensor& qkv;  ///< (sequences, 3·heads·dim)
  const RopeTable& rope;
  int64_t heads;
  int64_t dim;
};

/// Memory that a thread keeps for one head: scores, and vectors of `dim` numbers.
struct Scratch {
  std::vector<float> scores;
  std::vector<float> vector;

  static Scratch& of_thread(int64_t positions, int64_t dim) {
    thread_local Scratch own;
    if (own.scores.size() < static_cast<size_t>(positions)) own.scores.resize(static_cast<size_t>(2 * positions));
    own.vector.resize(static_cast<size_t>(dim));
    return own;
  }
};

/// x·cos + (−second half, first half)·sin at `position`, rounded to the model's type.
template <typename T>
void rotate(const Step& step, int64_t position, const T* x, float* between, T* out) {
  const float* cosines = read_only<float>(step.rope.cosines) + position * step.dim;
  const float* sines = read_only<float>(step.rope.sines) + position * step.dim;
  const int64_t half = step.dim / 2;
  for (int64_t i = 0; i < half; ++i) {
    const float first = kernels::widen(x[i]), second = kernels::widen(x[half + i]);
    between[i] = first * cosines[i] - second * sines[i];
    between[half + i] = second * cosines[half + i] + first * sines[half + i];
  }
  typed_kernels<T>().round(between, step.dim, out);
}

/// One head of one sequence: appends its key and value, and attends to all there are.
template <typename T>
void attend(const Step& step, int64_t row, int64_t head, const CacheSlice& slice, T* out) {
  const int64_t dim = step.dim, positions = slice.length + 1, place = head * slice.keys.size(1);
  Scratch& scratch = Scratch::of_thread(positions, dim);
  const T* query = read_only<T>(step.qkv) + (row * 3 * step.heads + head) * dim;
  T* keys = writable<T>(slice.keys) + place * dim;
  T* values = writable<T>(slice.values) + place * dim;
  rotate(step, slice.length, query + step.heads * dim, scratch.vector.data(), keys + slice.length * dim);
  std::memcpy(values + slice.length * dim, query + 2 * step.heads * dim, static_cast<size_t>(dim) * sizeof(T));
  rotate(step, slice.length, query, scratch.vector.data(), out);

  float* scores = scratch.scores.data();
  typed_kernels<T>().products({keys, dim}, positions, {scratch.vector.data(), dim}, 1, dim, {scores, positions});
  const float sum = active_kernels()->softmax_terms(scores, positions, 1 / std::sqrt(static_cast<float>(dim)));
  typed_kernels<T>().weighted_sum({values, dim}, scores, positions, dim, scratch.vector.data());
  for (float& value : scratch.vector) value /= sum;
  typed_kernels<T>().round(scratch.vector.data(), dim, out);
}

}  // namespace

bool takes(const at::Tensor& qkv, std::span<const CacheSlice> slices) {
  if (slices.size() > kFewRows || static_cast<int64_t>(slices.size()) != qkv.size(0)) return false;
  return std::all_of(slices.begin(), slices.end(), [&](const CacheSlice& slice) {
    return takes(qkv, slice.keys) && slice.count == 1 && slice.values.is_contiguous() &&
           slice.length < slice.keys.size(1) && slice.keys.scalar_type() == qkv.scalar_type();
  });
}

at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  const at::Tensor in = qkv.contiguous();
  const int64_t rows = in.size(0), width = in.size(1) / 3, dim = width / heads;
  const Step step{in, rope, heads, dim};
  at::Tensor out = at::empty({rows, width}, in.options());
  with_element(in.scalar_type(), [&]<typename T>(T) {
    team().run(rows * heads, [&](int64_t i) {
      const int64_t row = i / heads, head = i % heads;
      attend<T>(step, row, head, slices[static_cast<size_t>(row)], writable<T>(out) + row * width + head * dim);
    });
  });
  return out;
}

bool takes_prompts(const at::Tensor& qkv, std::span<const CacheSlice> slices) {
  return qkv.is_cpu() && is_slow(qkv.scalar_type()) &&
         std::all_of(slices.begin(), slices.end(), [](const CacheSlice& slice) { return slice.length == 0; });
}

at::Tensor prompt_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  std::vector<CacheSlice> wide;
  for (const CacheSlice& slice : slices) {
    const auto empty = [&](const at::Tensor& x) {
      return at::empty({x.size(0), slice.count, x.size(2)}, x.options().dtype(at::kFloat));
    };
    wide.push_back({empty(slice.keys), empty(slice.values), 0, slice.count});
  }
  const at::Tensor out = aten::cached_attention(qkv.to(at::kFloat), rope, heads, wide);
  for (size_t i = 0; i < slices.size(); ++i) {
    slices[i].keys.narrow(1, 0, slices[i].count).copy_(wide[i].keys);
    slices[i].values.narrow(1, 0, slices[i].count).copy_(wide[i].values);
  }
  return out.to(qkv.scalar_type());
}

}  // namespace deepseekocr::operations::cpu
