// SPDX-License-Identifier: MIT
// Attention of prompts: causal, many positions at once, in float32 but for the caches and the result.
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "operations/cpu/cached_vectors.h"
#include "operations/cpu/matrix.h"
#include "operations/cpu/rotary.h"

namespace deepseekocr::operations::cpu {
namespace {

/// Positions that a member of the team takes at once: the scores of one head to all others stay in the second cache.
constexpr int64_t kPartPositions = 32;

/// One prompt as its heads' products take it, float32.
struct Prompt {
  int64_t heads;
  int64_t positions;
  int64_t dim;
  at::Tensor queries;  ///< (heads, positions, dim), rotated
  at::Tensor keys;     ///< the same
  at::Tensor values;   ///< (heads, dim, positions)

  Prompt(int64_t own_heads, int64_t own_positions, int64_t own_dim)
      : heads(own_heads),
        positions(own_positions),
        dim(own_dim),
        queries(at::empty({heads, positions, dim}, at::TensorOptions().dtype(at::kFloat))),
        keys(at::empty_like(queries)),
        values(at::empty({heads, dim, positions}, queries.options())) {}

  /// Calls work(head, first position, number of positions) for all of them, by the whole team; the last, which have
  /// the most before them, come first.
  template <typename Work>
  void for_heads(const Work& work) const {
    const int64_t parts = (positions + kPartPositions - 1) / kPartPositions;
    team().run(heads * parts, [&](int64_t i) {
      const int64_t first = (parts - 1 - i / heads) * kPartPositions;
      work(i % heads, first, std::min(kPartPositions, positions - first));
    });
  }
};

/// Positions first … first + some − 1 of a head, from `qkv` (positions, 3·heads·dim) into `prompt` and its cache.
template <typename T>
void gather(const Prompt& prompt, const T* qkv, const RopeTable& rope, const CacheSlice& slice, int64_t head,
            int64_t first, int64_t some) {
  const int64_t dim = prompt.dim, width = prompt.heads * dim, place = head * prompt.positions;
  thread_local std::vector<float> value;
  value.resize(static_cast<size_t>(dim));
  with_vectors<T>(slice, head, dim, [&](const auto& cached_keys, const auto& cached_values) {
    for (int64_t position = first; position < first + some; ++position) {
      const T* query = qkv + position * 3 * width + head * dim;
      float* key = writable<float>(prompt.keys) + (place + position) * dim;
      rotate(rope, position, dim, query, writable<float>(prompt.queries) + (place + position) * dim);
      rotate(rope, position, dim, query + width, key);
      cached_keys.put(position, dim, key);
      for (int64_t k = 0; k < dim; ++k) value[static_cast<size_t>(k)] = kernels::widen(query[2 * width + k]);
      cached_values.put(position, dim, value.data());
      float* values = writable<float>(prompt.values) + head * dim * prompt.positions + position;
      for (int64_t k = 0; k < dim; ++k) values[k * prompt.positions] = value[static_cast<size_t>(k)];
    }
  });
}

/// What positions first … first + some − 1 of a head attend to; out (positions, heads·dim).
template <typename T>
void attend(const Prompt& prompt, int64_t head, int64_t first, int64_t some, T* out) {
  const int64_t dim = prompt.dim, end = first + some, place = head * prompt.positions * dim;
  thread_local std::vector<float> scores, sums;
  scores.resize(std::max(scores.size(), static_cast<size_t>(kPartPositions * end)));
  sums.resize(std::max(sums.size(), static_cast<size_t>(kPartPositions * dim)));
  const kernels::TypedKernels<float>& kernel = active_kernels()->f32;
  kernel.many_products({read_only<float>(prompt.keys) + place, dim}, end,
                       {read_only<float>(prompt.queries) + place + first * dim, dim}, some, dim, {scores.data(), end});
  float totals[kPartPositions];
  for (int64_t row = 0; row < some; ++row) {
    float* own = scores.data() + row * end;
    const int64_t seen = first + row + 1;
    totals[row] = active_kernels()->softmax_terms(own, seen, 1 / std::sqrt(static_cast<float>(dim)));
    std::fill(own + seen, own + end, 0.0F);
  }
  kernel.many_products({read_only<float>(prompt.values) + place, prompt.positions}, dim, {scores.data(), end}, some,
                       end, {sums.data(), dim});
  for (int64_t row = 0; row < some; ++row) {
    float* own = sums.data() + row * dim;
    for (int64_t k = 0; k < dim; ++k) own[k] /= totals[row];
    typed_kernels<T>().round(own, dim, out + ((first + row) * prompt.heads + head) * dim);
  }
}

}  // namespace

bool takes_prompts(const at::Tensor& qkv, std::span<const CacheSlice> slices) {
  return qkv.is_cpu() && computes_all(qkv.scalar_type()) &&
         std::all_of(slices.begin(), slices.end(), [&](const CacheSlice& slice) {
           return slice.length == 0 && slice.count <= slice.keys.size(1) && has_vectors(slice, qkv.scalar_type());
         });
}

at::Tensor prompt_attention(const at::Tensor& qkv, const RopeTable& rope, int heads,
                            std::span<const CacheSlice> slices) {
  const at::Tensor in = qkv.contiguous();
  const int64_t width = in.size(1) / 3;
  at::Tensor out = at::empty({in.size(0), width}, in.options());
  int64_t row = 0;
  with_element(in.scalar_type(), [&]<typename T>(T) {
    for (const CacheSlice& slice : slices) {
      const Prompt prompt(heads, slice.count, width / heads);
      prompt.for_heads([&](int64_t head, int64_t first, int64_t some) {
        gather(prompt, read_only<T>(in) + row * 3 * width, rope, slice, head, first, some);
      });
      prompt.for_heads([&](int64_t head, int64_t first, int64_t some) {
        attend(prompt, head, first, some, writable<T>(out) + row * width);
      });
      row += slice.count;
    }
  });
  return out;
}

}  // namespace deepseekocr::operations::cpu
