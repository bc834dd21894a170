// SPDX-License-Identifier: MIT
// These programs are run for each level of instructions.  Where the processor lacks the one that is asked for, they
// would test a lower one a second time, so every test is skipped.
#include <gtest/gtest.h>

#include <cstdlib>

#include "kernels/isa.h"

namespace deepseekocr {
namespace {

class LevelListener : public testing::EmptyTestEventListener {
 public:
  void OnTestStart(const testing::TestInfo&) override {
    const char* name = std::getenv("DEEPSEEKOCR_ISA");
    const auto isa = kernels::parse_isa(name != nullptr ? name : "");
    if (isa && !kernels::has_isa(*isa)) GTEST_SKIP() << "this processor has no " << name;
  }
};

/// GoogleTest owns it.
testing::TestEventListener* appended() {
  auto* const listener = new LevelListener;
  testing::UnitTest::GetInstance()->listeners().Append(listener);
  return listener;
}

[[maybe_unused]] const testing::TestEventListener* const kListener = appended();

}  // namespace
}  // namespace deepseekocr
