// SPDX-License-Identifier: MIT
// Attention of one new position for each of several sequences.
#include <ATen/ops/empty.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "operations/cpu/matrix.h"
#include "operations/cpu/rotary.h"

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

/// One head of one sequence: appends its key and value, and attends to all there are.
template <typename T>
void attend(const Step& step, int64_t row, int64_t head, const CacheSlice& slice, T* out) {
  const int64_t dim = step.dim, positions = slice.length + 1, place = head * slice.keys.size(1);
  Scratch& scratch = Scratch::of_thread(positions, dim);
  const T* query = read_only<T>(step.qkv) + (row * 3 * step.heads + head) * dim;
  T* keys = writable<T>(slice.keys) + place * dim;
  T* values = writable<T>(slice.values) + place * dim;
  rotate(step.rope, slice.length, dim, query + step.heads * dim, scratch.vector.data());
  typed_kernels<T>().round(scratch.vector.data(), dim, keys + slice.length * dim);
  std::memcpy(values + slice.length * dim, query + 2 * step.heads * dim, static_cast<size_t>(dim) * sizeof(T));
  rotate(step.rope, slice.length, dim, query, scratch.vector.data());

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

}  // namespace deepseekocr::operations::cpu
