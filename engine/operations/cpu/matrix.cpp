// SPDX-License-Identifier: MIT
#include "operations/cpu/matrix.h"

#include <ATen/Parallel.h>

#include <optional>

namespace deepseekocr::operations::cpu {
namespace {

thread_local int team_size = 0;  // 0: LibTorch's

}  // namespace

const kernels::Kernels* active_kernels() {
  static const kernels::Kernels* const kKernels = kernels::kernels_of(kernels::active_isa());
  return kKernels;
}

void set_team_size(int size) {
  team_size = size;
}

kernels::Team& team() {
  thread_local std::optional<kernels::Team> own;
  const int size = team_size > 0 ? team_size : at::get_num_threads();
  if (!own || own->size() != size) own.emplace(size);  // the threads of an old one end first
  return *own;
}

}  // namespace deepseekocr::operations::cpu
