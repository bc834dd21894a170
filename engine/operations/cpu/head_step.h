// SPDX-License-Identifier: MIT
// Attention of one head of one new position.
#pragma once

#include <algorithm>
#include <cmath>

#include "operations/cpu/cached_vectors.h"
#include "operations/cpu/matrix.h"
#include "operations/cpu/rotary.h"

namespace deepseekocr::operations::cpu {

template <typename T>
struct HeadStep {
  const T* query;     ///< `dim` numbers; the key lies `width` behind it, the value as far behind the key
  int64_t width;      ///< of the queries of all heads
  int64_t positions;  ///< that are filled; fewer than the capacity
  int64_t dim;
};

/// Memory of one head for the time of attend().
struct HeadScratch {
  float* scores;   ///< positions + 1 numbers
  float* vector;   ///< `dim` numbers
  int16_t* query;  ///< `dim` numbers; of a cache in 8 bits
};

/// Appends the head's key and value, and attends to all there are.
/// @param keys, values  of the head: PlainVectors<T> or RoundedVectors
/// @param out  `dim` numbers; may be the query
template <typename T, typename Vectors>
void attend(const HeadStep<T>& step, const Vectors& keys, const Vectors& values, const RopeTable& rope,
            const HeadScratch& scratch, T* out) {
  const int64_t dim = step.dim, positions = step.positions + 1;
  const T* value = step.query + 2 * step.width;
  rotate(rope, step.positions, dim, step.query + step.width, scratch.vector);
  keys.put(step.positions, dim, scratch.vector);
  std::transform(value, value + dim, scratch.vector, [](T number) { return kernels::widen(number); });
  values.put(step.positions, dim, scratch.vector);
  rotate(rope, step.positions, dim, step.query, scratch.vector);

  keys.products(scratch.vector, positions, dim, scratch.query, scratch.scores);
  const float sum = active_kernels()->softmax_terms(scratch.scores, positions, 1 / std::sqrt(static_cast<float>(dim)));
  values.weighted_sum(scratch.scores, positions, dim, scratch.vector);
  for (int64_t k = 0; k < dim; ++k) scratch.vector[k] /= sum;
  typed_kernels<T>().round(scratch.vector, dim, out);
}

}  // namespace deepseekocr::operations::cpu
