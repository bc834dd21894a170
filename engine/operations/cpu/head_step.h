// SPDX-License-Identifier: MIT
// Attention of one head of one new position.
#pragma once

#include <cmath>
#include <cstring>

#include "operations/cpu/matrix.h"
#include "operations/cpu/rotary.h"

namespace deepseekocr::operations::cpu {

template <typename T>
struct HeadStep {
  const T* query;     ///< `dim` numbers; the key lies `width` behind it, the value as far behind the key
  int64_t width;      ///< of the queries of all heads
  T *keys, *values;   ///< of the head: (capacity, dim)
  int64_t positions;  ///< that are filled; fewer than the capacity
  int64_t dim;
};

/// Memory of one head for the time of attend().
struct HeadScratch {
  float* scores;  ///< positions + 1 numbers
  float* vector;  ///< `dim` numbers
};

/// Appends the head's key and value, and attends to all there are.
/// @param out  `dim` numbers; may be the query
template <typename T>
void attend(const HeadStep<T>& step, const RopeTable& rope, const HeadScratch& scratch, T* out) {
  const int64_t dim = step.dim, positions = step.positions + 1;
  rotate(rope, step.positions, dim, step.query + step.width, scratch.vector);
  typed_kernels<T>().round(scratch.vector, dim, step.keys + step.positions * dim);
  std::memcpy(step.values + step.positions * dim, step.query + 2 * step.width, static_cast<size_t>(dim) * sizeof(T));
  rotate(rope, step.positions, dim, step.query, scratch.vector);

  typed_kernels<T>().products({step.keys, dim}, positions, {scratch.vector, dim}, 1, dim, {scratch.scores, positions});
  const float sum = active_kernels()->softmax_terms(scratch.scores, positions, 1 / std::sqrt(static_cast<float>(dim)));
  typed_kernels<T>().weighted_sum({step.values, dim}, scratch.scores, positions, dim, scratch.vector);
  for (int64_t k = 0; k < dim; ++k) scratch.vector[k] /= sum;
  typed_kernels<T>().round(scratch.vector, dim, out);
}

}  // namespace deepseekocr::operations::cpu
