// SPDX-License-Identifier: MIT
// What the library's table says of pictures; see library.h.
#pragma once

#include <cuda_runtime.h>

#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

const char* launch_convert(const ConvertArguments& arguments, cudaStream_t stream);
const char* launch_resize_rows(const ResizeArguments& arguments, cudaStream_t stream);
const char* launch_resize_columns(const ResizeArguments& arguments, cudaStream_t stream);
const char* launch_count_edges(const EdgeArguments& arguments, cudaStream_t stream);
const char* launch_halve(const HalveArguments& arguments, cudaStream_t stream);

/// Puts the functions behind "Pictures in device memory" into a table.
void add_picture_functions(Library& library);

}  // namespace deepseekocr::cuda
