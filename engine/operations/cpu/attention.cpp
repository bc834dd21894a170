// SPDX-License-Identifier: MIT
// Attention of one new position for each of several sequences.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "operations/cpu/head_step.h"
#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

bool takes(const at::Tensor& qkv, std::span<const CacheSlice> slices) {
  if (static_cast<int64_t>(slices.size()) != qkv.size(0) || !qkv.is_cpu() || !has_kernels(qkv.scalar_type()))
    return false;
  return std::all_of(slices.begin(), slices.end(), [&](const CacheSlice& slice) {
    // The reference, which is fast with many sequences, would have to widen all of a cache in 8 bits.
    return (slices.size() <= kFewRows || slice.is_rounded()) && has_vectors(slice, qkv.scalar_type()) &&
           slice.count == 1 && slice.length < slice.keys.size(1);
  });
}

at::Tensor cached_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  const at::Tensor in = qkv.contiguous();
  const int64_t rows = in.size(0), width = in.size(1) / 3, dim = width / heads;
  at::Tensor out = at::empty({rows, width}, in.options());
  with_element(in.scalar_type(), [&]<typename T>(T) {
    team().run(rows * heads, [&](int64_t i) {
      const int64_t row = i / heads, head = i % heads;
      const CacheSlice& slice = slices[static_cast<size_t>(row)];
      const HeadStep<T> step{read_only<T>(in) + (3 * row * heads + head) * dim, width, slice.length, dim};
      thread_local std::vector<float> memory;
      thread_local std::vector<int16_t> query;
      memory.resize(static_cast<size_t>(slice.length + 1 + dim));
      query.resize(static_cast<size_t>(dim));
      const HeadScratch scratch{memory.data() + dim, memory.data(), query.data()};
      with_vectors<T>(slice, head, dim, [&](const auto& keys, const auto& values) {
        attend(step, keys, values, rope, scratch, writable<T>(out) + row * width + head * dim);
      });
    });
  });
  return out;
}

}  // namespace deepseekocr::operations::cpu
