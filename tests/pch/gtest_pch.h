// SPDX-License-Identifier: MIT
// Precompiled for test programs of several sources.  Each source includes what it needs all the same.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>
