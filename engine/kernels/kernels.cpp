// SPDX-License-Identifier: MIT
#include "kernels/kernels.h"

namespace deepseekocr::kernels {

#ifdef HAVE_X86_KERNELS
namespace avx2 {
extern const Kernels kKernels;
extern const Packing kPacking;
}  // namespace avx2
namespace avxvnni {
extern const Kernels kKernels;
}
namespace avx512 {
extern const Kernels kKernels;
extern const Packing kPacking;
}  // namespace avx512
namespace avx512vnni {
extern const Kernels kKernels;
}
#endif
namespace portable {
extern const Packing kPacking;
}

const Kernels* kernels_of([[maybe_unused]] Isa isa) {
#ifdef HAVE_X86_KERNELS
  if (isa == Isa::avx2) return &avx2::kKernels;
  if (isa == Isa::avxvnni) return &avxvnni::kKernels;
  if (isa == Isa::avx512) return &avx512::kKernels;
  if (isa == Isa::avx512vnni) return &avx512vnni::kKernels;
#endif
  return nullptr;
}

const Packing& packing_of([[maybe_unused]] Isa isa) {
#ifdef HAVE_X86_KERNELS
  // Nothing is multiplied as whole numbers while it is packed.
  if (isa == Isa::avx2 || isa == Isa::avxvnni) return avx2::kPacking;
  if (isa == Isa::avx512 || isa == Isa::avx512vnni) return avx512::kPacking;
#endif
  return portable::kPacking;
}

}  // namespace deepseekocr::kernels
