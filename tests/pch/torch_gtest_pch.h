// SPDX-License-Identifier: MIT
// Precompiled for test programs of several sources that use LibTorch.

#include <ATen/core/Tensor.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>
