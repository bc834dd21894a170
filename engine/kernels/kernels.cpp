// SPDX-License-Identifier: MIT
#include "kernels/kernels.h"

namespace deepseekocr::kernels {

#ifdef HAVE_X86_KERNELS
namespace avx2 {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
}
#endif

const Kernels* kernels_of([[maybe_unused]] Isa isa) {
#ifdef HAVE_X86_KERNELS
  if (isa == Isa::avx2) return &avx2::kKernels;
  if (isa == Isa::avx512) return &avx512::kKernels;
#endif
  return nullptr;
}

}  // namespace deepseekocr::kernels
