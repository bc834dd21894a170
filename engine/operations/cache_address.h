// SPDX-License-Identifier: MIT
#pragma once

namespace deepseekocr {

/// Where the keys and the values of one sequence in one layer lie, on whatever device: each (heads, capacity, dim).
struct CacheAddress {
  void* keys;
  void* values;
};

}  // namespace deepseekocr
