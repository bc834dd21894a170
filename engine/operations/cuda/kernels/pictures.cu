// SPDX-License-Identifier: MIT
// Pictures to views: one thread a pixel around the functions of picture.h.
#include "operations/cuda/kernels/common.cuh"
#include "operations/cuda/kernels/pictures.h"

namespace deepseekocr::cuda {
namespace {

constexpr int kThreads = 128;
constexpr int kMostRows = 65535;  // of a grid

/// Columns x of a grid for rows of `width` pixels.  Rows are a loop where there are more than a grid has.
dim3 grid_of(int width, int height) {
  return {static_cast<unsigned>(ceil_divide(width, kThreads)),
          static_cast<unsigned>(height < kMostRows ? height : kMostRows)};
}

template <typename Arguments, void (*Body)(const Arguments&, int, int)>
__global__ void __launch_bounds__(kThreads) pixel_kernel(const Arguments a, int width, int height) {
  const int x = static_cast<int>(blockIdx.x * kThreads + threadIdx.x);
  if (x >= width) return;
  for (int y = static_cast<int>(blockIdx.y); y < height; y += static_cast<int>(gridDim.y)) Body(a, x, y);
}

/// @param width, height  pixels that Body is called for
template <typename Arguments, void (*Body)(const Arguments&, int, int)>
const char* launch_pixels(const Arguments& arguments, int width, int height, cudaStream_t stream) {
  if (width < 1 || height < 1) return nullptr;
  pixel_kernel<Arguments, Body><<<grid_of(width, height), kThreads, 0, stream>>>(arguments, width, height);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

const char* launch_convert(const ConvertArguments& a, cudaStream_t stream) {
  return launch_pixels<ConvertArguments, convert>(a, a.source.width, a.source.height, stream);
}

const char* launch_resize_rows(const ResizeArguments& a, cudaStream_t stream) {
  return launch_pixels<ResizeArguments, resize_along_row>(a, a.width, a.height, stream);
}

const char* launch_resize_columns(const ResizeArguments& a, cudaStream_t stream) {
  return launch_pixels<ResizeArguments, resize_along_column>(a, a.width, a.height, stream);
}

const char* launch_count_edges(const EdgeArguments& a, cudaStream_t stream) {
  return launch_pixels<EdgeArguments, count_edges>(a, a.columns, a.height, stream);
}

const char* launch_halve(const HalveArguments& a, cudaStream_t stream) {
  return launch_pixels<HalveArguments, halve>(a, a.width, a.height, stream);
}

}  // namespace deepseekocr::cuda
