// SPDX-License-Identifier: MIT
#include "operations/cpu/matrix.h"

#include <ATen/Parallel.h>

#include <memory>

namespace deepseekocr::operations::cpu {

const kernels::Kernels* active_kernels() {
  static const kernels::Kernels* const kKernels = kernels::kernels_of(kernels::active_isa());
  return kKernels;
}

kernels::Team& team() {
  thread_local std::unique_ptr<kernels::Team> own;
  const int size = at::get_num_threads();
  if (own == nullptr || own->size() != size) {
    own.reset();  // one team at a time: the old one's threads end before the new one's begin
    own = std::make_unique<kernels::Team>(size);
  }
  return *own;
}

}  // namespace deepseekocr::operations::cpu
