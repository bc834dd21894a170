// SPDX-License-Identifier: MIT
#pragma once

namespace deepseekocr {

/// How a cache keeps the vectors of a head: its key and its value at one position.
enum class CacheFormat {
  plain,  ///< in the model's dtype
  int8,   ///< whole numbers from −127 to 127, and a scale for each vector: its largest magnitude / 127, float32
};

/// Where the keys and the values of one sequence in one layer lie, on whatever device: each (heads, capacity, dim).  Of
/// scales: each (heads, capacity).
struct CacheAddress {
  void* keys = nullptr;
  void* values = nullptr;
};

}  // namespace deepseekocr
