// SPDX-License-Identifier: MIT
#include "model/exact_arithmetic.h"

#include <gtest/gtest.h>

namespace deepseekocr::test {
namespace {

using Sums = at::CuBLASReductionOption;

/// Sets what a process might have set, and clears up.
class ExactArithmeticTest : public testing::Test {
 protected:
  void SetUp() override {
    context().setAllowTF32CuBLAS(true);
    context().setAllowTF32CuDNN(true);
    context().setAllowBF16ReductionCuBLAS(true, true);
    context().setAllowFP16ReductionCuBLAS(false, false);
  }
  void TearDown() override {
    context().setAllowTF32CuBLAS(false);
    context().setAllowFP16ReductionCuBLAS(true, true);
  }
  static at::Context& context() { return at::globalContext(); }
};

TEST_F(ExactArithmeticTest, SwitchesOffWhatIsNotFloat32) {
  const ExactArithmetic exact(at::kFloat);
  EXPECT_FALSE(context().allowTF32CuBLAS());
  EXPECT_FALSE(context().allowTF32CuDNN());
  EXPECT_EQ(context().allowBF16ReductionCuBLAS(), Sums::DisallowReducedPrecisionAllowSplitK);
  EXPECT_EQ(context().allowFP16ReductionCuBLAS(), Sums::DisallowReducedPrecisionAllowSplitK);
}

TEST_F(ExactArithmeticTest, LeavesSumsOfABfloat16ModelAlone) {
  const ExactArithmetic exact(at::kBFloat16);
  EXPECT_FALSE(context().allowTF32CuBLAS());
  EXPECT_EQ(context().allowBF16ReductionCuBLAS(), Sums::AllowReducedPrecisionWithSplitK);
}

TEST_F(ExactArithmeticTest, RestoresTheProcessSettings) {
  { const ExactArithmetic exact(at::kFloat); }
  EXPECT_TRUE(context().allowTF32CuBLAS());
  EXPECT_TRUE(context().allowTF32CuDNN());
  EXPECT_EQ(context().allowBF16ReductionCuBLAS(), Sums::AllowReducedPrecisionWithSplitK);
  EXPECT_EQ(context().allowFP16ReductionCuBLAS(), Sums::DisallowReducedPrecisionDisallowSplitK);
}

TEST_F(ExactArithmeticTest, KeepsWhatWasOffOff) {
  context().setAllowTF32CuBLAS(false);
  context().setAllowTF32CuDNN(false);
  { const ExactArithmetic exact(at::kFloat); }
  EXPECT_FALSE(context().allowTF32CuBLAS());
  EXPECT_FALSE(context().allowTF32CuDNN());
  context().setAllowTF32CuDNN(true);
}

}  // namespace
}  // namespace deepseekocr::test
