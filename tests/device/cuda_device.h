// SPDX-License-Identifier: MIT
// What tests that need a CUDA device share.
#pragma once

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include "operations/cuda/support.h"

namespace deepseekocr::test {

/// Skipped, with the reason, where no CUDA device can be used.
class OnCuda : public testing::Test {
 protected:
  void SetUp() override {
    const cuda::Support& support = cuda::support();
    if (!support.complaint.empty()) GTEST_SKIP() << "no CUDA device: " << support.complaint;
  }

  static at::Device device() { return {at::kCUDA, 0}; }
  static const cuda::Library& library() { return *cuda::support().library; }
};

}  // namespace deepseekocr::test
