// SPDX-License-Identifier: MIT
#include "kernels/kernels.h"

namespace deepseekocr::kernels {

#ifdef HAVE_X86_KERNELS
namespace avx2 {
extern const Kernels kKernels;
extern const Packing kPacking;
}  // namespace avx2
namespace avx512 {
extern const Kernels kKernels;
extern const Packing kPacking;
}  // namespace avx512
#endif
namespace portable {
extern const Packing kPacking;
}

const Kernels* kernels_of([[maybe_unused]] Isa isa) {
#ifdef HAVE_X86_KERNELS
  if (isa == Isa::avx2) return &avx2::kKernels;
  if (isa == Isa::avx512) return &avx512::kKernels;
#endif
  return nullptr;
}

const Packing& packing_of([[maybe_unused]] Isa isa) {
#ifdef HAVE_X86_KERNELS
  if (isa == Isa::avx2) return avx2::kPacking;
  if (isa == Isa::avx512) return avx512::kPacking;
#endif
  return portable::kPacking;
}

}  // namespace deepseekocr::kernels
