// SPDX-License-Identifier: MIT
// Attention of one new position of each sequence over its cache, in parts (flash decoding).
#include "operations/cuda/kernels/common.cuh"
#include "operations/cuda/kernels/launches.h"

namespace deepseekocr::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kAhead = 4;  ///< positions that a group of lanes has on their way at once
constexpr int kMaxDim = 256;

/// Element i of a rotated vector: x·cos + (−second half, first half)·sin.
__device__ float rotated(const float* vector, const float* cosines, const float* sines, int dim, int i) {
  const int half = dim / 2;
  const float turned = i < half ? -vector[i + half] : vector[i - half];
  return vector[i] * cosines[i] + turned * sines[i];
}

/// What a group of lanes has attended to so far, 8 elements of the values in each lane.
struct Attended {
  float largest = -INFINITY;
  float sum = 0;
  float values[8] = {};
};

template <int Lanes>
__device__ float dot(const uint4& packed, const float (&query)[8]) {
  float key[8];
  unpack(packed, key);
  float sum = 0;
#pragma unroll
  for (int i = 0; i < 8; ++i) sum += key[i] * query[i];
#pragma unroll
  for (int offset = Lanes / 2; offset > 0; offset /= 2) sum += __shfl_xor_sync(kAllLanes, sum, offset);
  return sum;
}

/// Positions [range.begin, range.end), each by one group of `Lanes` lanes.  `keys` and `values` are those of the head.
template <int Lanes>
__device__ Attended attend(const Bits* keys, const Bits* values, Range range, const float (&query)[8]) {
  constexpr int kGroups = kThreads / Lanes, kDim = Lanes * 8;
  const int group = threadIdx.x / Lanes, column = threadIdx.x % Lanes * 8;
  Attended own;
  // All groups go round equally often: the lanes of a warp add up together.
  for (int first = range.begin; first < range.end; first += kAhead * kGroups) {
    uint4 key[kAhead], value[kAhead];
    float score[kAhead];
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const int position = first + i * kGroups + group;
      key[i] = value[i] = make_uint4(0, 0, 0, 0);
      if (position < range.end) {
        key[i] = load(keys + static_cast<int64_t>(position) * kDim + column);
        value[i] = load(values + static_cast<int64_t>(position) * kDim + column);
      }
    }
    float largest = own.largest;
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      score[i] = dot<Lanes>(key[i], query);
      if (first + i * kGroups + group >= range.end) score[i] = -INFINITY;
      largest = fmaxf(largest, score[i]);
    }
    const float scale = part_scale(own.largest, largest);
    own.sum *= scale;
#pragma unroll
    for (int j = 0; j < 8; ++j) own.values[j] *= scale;
#pragma unroll
    for (int i = 0; i < kAhead; ++i) {
      const float weight = part_scale(score[i], largest);
      float unpacked[8];
      unpack(value[i], unpacked);
      own.sum += weight;
#pragma unroll
      for (int j = 0; j < 8; ++j) own.values[j] += weight * unpacked[j];
    }
    own.largest = largest;
  }
  return own;
}

/// The part that ends with the new position writes it to the cache; what a block wrote it may read after a barrier.
__device__ void append(const AttentionArguments& a, const CacheAddress& cache, int row, int head) {
  const int length = a.lengths[row], width = a.heads * a.dim;
  const int64_t place = cache_offset(head, length, a.capacities[row], a.dim);
  const float* key = a.qkv + static_cast<int64_t>(row) * 3 * width + width + head * a.dim;
  const float* value = key + width;
  const float* cosines = a.cosines + static_cast<int64_t>(length) * a.dim;
  const float* sines = a.sines + static_cast<int64_t>(length) * a.dim;
  for (int i = threadIdx.x; i < a.dim; i += kThreads) {
    static_cast<Bits*>(cache.keys)[place + i] = bits_of(rotated(key, cosines, sines, a.dim, i));
    static_cast<Bits*>(cache.values)[place + i] = bits_of(value[i]);
  }
}

template <int Lanes>
__global__ void __launch_bounds__(kThreads) attention_kernel(const AttentionArguments a) {
  constexpr int kGroups = kThreads / Lanes, kDim = Lanes * 8;
  __shared__ float query[kDim];
  __shared__ float largest[kGroups], sums[kGroups];
  __shared__ float parts[kGroups][kDim];
  wait_for_previous();
  const int part = blockIdx.x, head = blockIdx.y, row = blockIdx.z, length = a.lengths[row];
  const CacheAddress cache = a.caches[static_cast<int64_t>(row) * a.cache_stride];
  const Range range = part_of(length + 1, a.parts, part);
  const float* own_query = a.qkv + (static_cast<int64_t>(row) * 3 * a.heads + head) * kDim;
  for (int i = threadIdx.x; i < kDim; i += kThreads) {
    query[i] = rotated(own_query, a.cosines + static_cast<int64_t>(length) * kDim,
                       a.sines + static_cast<int64_t>(length) * kDim, kDim, i) *
               rsqrtf(static_cast<float>(kDim));
  }
  if (range.begin < range.end && range.end == length + 1) append(a, cache, row, head);
  __syncthreads();

  float lane_query[8];
#pragma unroll
  for (int i = 0; i < 8; ++i) lane_query[i] = query[threadIdx.x % Lanes * 8 + i];
  const int64_t start = cache_offset(head, 0, a.capacities[row], kDim);
  const Attended own = attend<Lanes>(static_cast<const Bits*>(cache.keys) + start,
                                     static_cast<const Bits*>(cache.values) + start, range, lane_query);
  const int group = threadIdx.x / Lanes;
  if (threadIdx.x % Lanes == 0) {
    largest[group] = own.largest;
    sums[group] = own.sum;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) parts[group][threadIdx.x % Lanes * 8 + i] = own.values[i];
  __syncthreads();

  float joined = -INFINITY, sum = 0;
  for (int g = 0; g < kGroups; ++g) joined = fmaxf(joined, largest[g]);
  for (int g = 0; g < kGroups; ++g) sum += sums[g] * part_scale(largest[g], joined);
  const int64_t place = (static_cast<int64_t>(row) * a.heads + head) * a.parts + part;
  for (int i = threadIdx.x; i < kDim; i += kThreads) {
    float value = 0;
    for (int g = 0; g < kGroups; ++g) value += parts[g][i] * part_scale(largest[g], joined);
    if (a.parts == 1) {
      a.out[place * kDim + i] = bits_of(value / sum);
    } else {
      a.part_values[place * kDim + i] = value;
    }
  }
  if (a.parts > 1 && threadIdx.x == 0) {
    a.part_sums[place * 2] = joined;
    a.part_sums[place * 2 + 1] = sum;
  }
}

__global__ void join_kernel(const AttentionArguments a) {
  wait_for_previous();
  const int64_t place = static_cast<int64_t>(blockIdx.y) * a.heads + blockIdx.x;
  const float* sums = a.part_sums + place * a.parts * 2;
  float joined = -INFINITY, sum = 0, value = 0;
  for (int part = 0; part < a.parts; ++part) joined = fmaxf(joined, sums[2 * part]);
  for (int part = 0; part < a.parts; ++part) {
    const float scale = part_scale(sums[2 * part], joined);
    sum += sums[2 * part + 1] * scale;
    value += a.part_values[(place * a.parts + part) * a.dim + threadIdx.x] * scale;
  }
  a.out[place * a.dim + threadIdx.x] = bits_of(value / sum);
}

template <int Lanes>
const char* launch_lanes(const AttentionArguments& a, const Queue& queue) {
  static_assert(Lanes * 8 <= kMaxDim);
  const char* failure = launch(queue, attention_kernel<Lanes>, dim3(a.parts, a.heads, a.rows), kThreads, a);
  if (failure != nullptr || a.parts == 1) return failure;
  return launch(queue, join_kernel, dim3(a.heads, a.rows), a.dim, a);
}

}  // namespace

const char* launch_attention(const AttentionArguments& arguments, const Queue& queue) {
  switch (arguments.dim) {
    case 32:
      return launch_lanes<4>(arguments, queue);
    case 64:
      return launch_lanes<8>(arguments, queue);
    case 128:
      return launch_lanes<16>(arguments, queue);
    case 256:
      return launch_lanes<32>(arguments, queue);
    default:
      return "attention heads have 32, 64, 128 or 256 elements";
  }
}

}  // namespace deepseekocr::cuda
