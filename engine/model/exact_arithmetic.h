// SPDX-License-Identifier: MIT
// LibTorch's settings for products on CUDA, for as long as the network runs.
#pragma once

#include <ATen/Context.h>

namespace deepseekocr {

/// While it lives, float32 products on CUDA are float32: no TF32 in cuBLAS and cuDNN.  For a float32 model it switches
/// off sums in reduced precision too.  The process's own settings, which these are, come back at the end; other threads
/// see ours meanwhile.
class ExactArithmetic {
 public:
  /// @param precision  of the model
  explicit ExactArithmetic(at::ScalarType precision);
  ExactArithmetic(const ExactArithmetic&) = delete;
  ExactArithmetic& operator=(const ExactArithmetic&) = delete;
  ~ExactArithmetic();

 private:
  bool tf32_products_, tf32_convolutions_;
  bool reduces_;  ///< whether the two below were changed
  at::CuBLASReductionOption half_sums_, bfloat16_sums_;
};

}  // namespace deepseekocr
