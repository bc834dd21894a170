// SPDX-License-Identifier: MIT
// Attention of one new position for each of several sequences.
#include <ATen/ops/empty.h>

#include <algorithm>
#include <vector>

#include "operations/cpu/head_step.h"
#include "operations/cpu/matrix.h"

namespace deepseekocr::operations::cpu {

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
  at::Tensor out = at::empty({rows, width}, in.options());
  with_element(in.scalar_type(), [&]<typename T>(T) {
    team().run(rows * heads, [&](int64_t i) {
      const int64_t row = i / heads, head = i % heads;
      const CacheSlice& slice = slices[static_cast<size_t>(row)];
      const int64_t place = head * slice.keys.size(1) * dim;
      const HeadStep<T> step{read_only<T>(in) + (3 * row * heads + head) * dim,
                             width,
                             writable<T>(slice.keys) + place,
                             writable<T>(slice.values) + place,
                             slice.length,
                             dim};
      thread_local std::vector<float> memory;
      memory.resize(static_cast<size_t>(slice.length + 1 + dim));
      const HeadScratch scratch{memory.data() + dim, memory.data()};
      attend(step, rope, scratch, writable<T>(out) + row * width + head * dim);
    });
  });
  return out;
}

}  // namespace deepseekocr::operations::cpu
