// SPDX-License-Identifier: MIT
#include "operations/cpu/matrix.h"

#include <ATen/Parallel.h>

#include <optional>

namespace deepseekocr::operations::cpu {

const kernels::Kernels* active_kernels() {
  static const kernels::Kernels* const kKernels = kernels::kernels_of(kernels::active_isa());
  return kKernels;
}

kernels::Team& team() {
  thread_local std::optional<kernels::Team> own;
  const int size = at::get_num_threads();
  if (!own || own->size() != size) own.emplace(size);  // the threads of an old one end first
  return *own;
}

}  // namespace deepseekocr::operations::cpu
