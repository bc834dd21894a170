// SPDX-License-Identifier: MIT
// Tests of work that a team shares.
#pragma once

#include <gtest/gtest.h>

#include "operations/threads.h"

namespace deepseekocr::test {

/// Several members compute, whatever the machine has.  LibTorch's threads stay out, so that the thread sanitizer, which
/// does not see how they wait for each other, reports what the members do alone.
template <typename Base = testing::Test>
class WithTeam : public Base {
 protected:
  void SetUp() override { operations::use_threads(3, true); }
  void TearDown() override { operations::use_threads(1, true); }
};

}  // namespace deepseekocr::test
