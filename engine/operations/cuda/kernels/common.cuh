// SPDX-License-Identifier: MIT
// What the kernels share: bfloat16 in and out of registers, sums over a block, and how a launch reports.
#pragma once

#include <cuda_bf16.h>
#include <cuda_runtime.h>

#include "operations/cuda/kernels/launches.h"
#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

constexpr int kWarp = 32;
constexpr unsigned kAllLanes = 0xffffffffU;

/// @return what the launch was refused with, or NULL
template <typename Arguments>
const char* launch(const Queue& queue, void (*kernel)(Arguments), dim3 grid, int threads, const Arguments& arguments,
                   size_t shared_bytes = 0) {
  cudaLaunchAttribute overlap{};
  overlap.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  overlap.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared_bytes;
  config.stream = queue.stream;
  config.attrs = &overlap;
  config.numAttrs = queue.overlap ? 1 : 0;
  const cudaError_t error = cudaLaunchKernelEx(&config, kernel, arguments);
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

/// Until the kernel before has ended and its results can be read; lets the kernel behind start.  Each kernel comes by
/// here before it reads or writes anything but weights, so what is behind it may rely on all that was before it.
__device__ inline void wait_for_previous() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

__device__ inline float float_of(Bits bits) {
  return __uint_as_float(static_cast<unsigned>(bits) << 16);
}

/// Rounds to the nearest, ties to even.
__device__ inline Bits bits_of(float value) {
  return __bfloat16_as_ushort(__float2bfloat16_rn(value));
}

/// 8 bfloat16 of one load.
__device__ inline void unpack(const uint4& packed, float (&values)[8]) {
  const unsigned words[4] = {packed.x, packed.y, packed.z, packed.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    values[2 * i] = __uint_as_float(words[i] << 16);
    values[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000U);
  }
}

/// Weights: read once, so that they need not push anything else out of the first cache.
__device__ inline uint4 load_once(const Bits* address) {
  uint4 value;
  // volatile: before wait_for_previous(), where it stands before it
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(value.x), "=r"(value.y), "=r"(value.z), "=r"(value.w)
               : "l"(address));
  return value;
}

__device__ inline uint4 load(const Bits* address) {
  return *reinterpret_cast<const uint4*>(address);
}

__device__ inline float warp_sum(float value) {
#pragma unroll
  for (int offset = kWarp / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(kAllLanes, value, offset);
  return value;
}

/// The sum over all threads of a block, for each of them.  `shared` has one place for each warp; may be called again
/// with the same memory.
__device__ inline float block_sum(float value, float* shared) {
  value = warp_sum(value);
  const int warps = blockDim.x / kWarp;
  __syncthreads();
  if (threadIdx.x % kWarp == 0) shared[threadIdx.x / kWarp] = value;
  __syncthreads();
  float sum = 0;
  for (int i = 0; i < warps; ++i) sum += shared[i];
  return sum;
}

}  // namespace deepseekocr::cuda
