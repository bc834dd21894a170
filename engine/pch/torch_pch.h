// SPDX-License-Identifier: MIT
// Precompiled for what is built on LibTorch, whose headers take longer to compile than any source here.  Each source
// includes what it needs all the same, so that -Db_pch=false builds and clang-tidy sees each on its own.

#include <ATen/core/Tensor.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>
