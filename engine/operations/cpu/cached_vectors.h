// SPDX-License-Identifier: MIT
// The keys of one head in a cache, or its values, as attention writes and reads them in each format.
#pragma once

#include "operations/cache_address.h"
#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

/// In the model's dtype.
template <typename T>
struct PlainVectors {
  T* numbers;  ///< (capacity, dim)

  /// Prompts attend to `x` as it is, not rounded.
  void put(int64_t position, int64_t dim, float* x) const {
    typed_kernels<T>().round(x, dim, numbers + position * dim);
  }
  /// out[position] = query · vector
  void products(const float* query, int64_t count, int64_t dim, int16_t* /*rounded*/, float* out) const {
    typed_kernels<T>().products({numbers, dim}, count, {query, dim}, 1, dim, {out, count});
  }
  /// out = Σ factors[position] · vector
  void weighted_sum(const float* factors, int64_t count, int64_t dim, float* out) const {
    typed_kernels<T>().weighted_sum({numbers, dim}, factors, count, dim, out);
  }
};

/// In 8 bits.
struct RoundedVectors {
  int8_t* numbers;  ///< (capacity, dim)
  float* scales;    ///< (capacity)

  /// `x` becomes what is kept: a prompt attends to that, as decoding does, so that a draft which is verified inside a
  /// prompt gives what decoding gives.
  void put(int64_t position, int64_t dim, float* x) const {
    int8_t* own = numbers + position * dim;
    const float scale = scales[position] = active_kernels()->bytes.round(x, dim, own);
    for (int64_t k = 0; k < dim; ++k) x[k] = scale * static_cast<float>(own[k]);
  }
  /// @param rounded  memory for the query in 16 bits: `dim` numbers
  void products(const float* query, int64_t count, int64_t dim, int16_t* rounded, float* out) const {
    const float scale = active_kernels()->bytes.round_query(query, dim, rounded);
    active_kernels()->bytes.products({numbers, scales}, count, rounded, scale, dim, out);
  }
  void weighted_sum(const float* factors, int64_t count, int64_t dim, float* out) const {
    active_kernels()->bytes.weighted_sum({numbers, scales}, factors, count, dim, out);
  }
};

/// Calls work(keys, values) of one head.
/// @param scales  NULL twice: the cache has the model's dtype T
/// @param first  the head · capacity
template <typename T, typename Work>
void with_vectors(const CacheAddress& cache, const CacheAddress& scales, int64_t first, int64_t dim, const Work& work) {
  if (scales.keys == nullptr) {
    work(PlainVectors<T>{static_cast<T*>(cache.keys) + first * dim},
         PlainVectors<T>{static_cast<T*>(cache.values) + first * dim});
    return;
  }
  work(RoundedVectors{static_cast<int8_t*>(cache.keys) + first * dim, static_cast<float*>(scales.keys) + first},
       RoundedVectors{static_cast<int8_t*>(cache.values) + first * dim, static_cast<float*>(scales.values) + first});
}

/// The same of a head of a slice.
template <typename T, typename Work>
void with_vectors(const CacheSlice& slice, int64_t head, int64_t dim, const Work& work) {
  const CacheAddress cache{slice.keys.mutable_data_ptr(), slice.values.mutable_data_ptr()};
  CacheAddress scales;
  if (slice.is_rounded()) scales = {slice.key_scales.mutable_data_ptr(), slice.value_scales.mutable_data_ptr()};
  with_vectors<T>(cache, scales, head * slice.keys.size(1), dim, work);
}

/// Whether a slice lies in a processor's memory as this says, for a model of this dtype.
inline bool has_vectors(const CacheSlice& slice, at::ScalarType model) {
  const auto is_own = [](const at::Tensor& x, at::ScalarType type) {
    return x.is_cpu() && x.is_contiguous() && x.scalar_type() == type;
  };
  const at::ScalarType type = slice.is_rounded() ? at::kChar : model;
  return is_own(slice.keys, type) && is_own(slice.values, type) &&
         (!slice.is_rounded() || (is_own(slice.key_scales, at::kFloat) && is_own(slice.value_scales, at::kFloat)));
}

}  // namespace deepseekocr::operations::cpu
