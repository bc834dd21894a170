// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/kernels/kernels.h"

namespace deepseekocr::plugin {

namespace baseline {
extern const Kernels kKernels;
}
#ifdef HAVE_AVX2_KERNELS
namespace avx2 {
extern const Kernels kKernels;
}
#endif

namespace {

const Kernels& choose_kernels() {
#ifdef HAVE_AVX2_KERNELS
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) return avx2::kKernels;
#endif
  return baseline::kKernels;
}

}  // namespace

const Kernels& baseline_kernels() {
  return baseline::kKernels;
}

const Kernels& best_kernels() {
  static const Kernels& kBest = choose_kernels();
  return kBest;
}

}  // namespace deepseekocr::plugin
