// SPDX-License-Identifier: MIT
#include "model/exact_arithmetic.h"

namespace deepseekocr {
namespace {

struct SumOptions {
  bool reduced, split;
};

SumOptions options_of(at::CuBLASReductionOption option) {
  return {option == at::CuBLASReductionOption::AllowReducedPrecisionWithSplitK,
          option != at::CuBLASReductionOption::DisallowReducedPrecisionDisallowSplitK};
}

void set_sums(at::CuBLASReductionOption half, at::CuBLASReductionOption bfloat16) {
  at::globalContext().setAllowFP16ReductionCuBLAS(options_of(half).reduced, options_of(half).split);
  at::globalContext().setAllowBF16ReductionCuBLAS(options_of(bfloat16).reduced, options_of(bfloat16).split);
}

}  // namespace

ExactArithmetic::ExactArithmetic(at::ScalarType precision)
    : tf32_products_(at::globalContext().allowTF32CuBLAS()),
      tf32_convolutions_(at::globalContext().allowTF32CuDNN()),
      reduces_(precision == at::kFloat),
      half_sums_(at::globalContext().allowFP16ReductionCuBLAS()),
      bfloat16_sums_(at::globalContext().allowBF16ReductionCuBLAS()) {
  if (tf32_products_) at::globalContext().setAllowTF32CuBLAS(false);
  if (tf32_convolutions_) at::globalContext().setAllowTF32CuDNN(false);
  constexpr auto kExact = at::CuBLASReductionOption::DisallowReducedPrecisionAllowSplitK;
  if (reduces_) set_sums(kExact, kExact);
}

ExactArithmetic::~ExactArithmetic() {
  if (tf32_products_) at::globalContext().setAllowTF32CuBLAS(true);
  if (tf32_convolutions_) at::globalContext().setAllowTF32CuDNN(true);
  if (reduces_) set_sums(half_sums_, bfloat16_sums_);
}

}  // namespace deepseekocr
