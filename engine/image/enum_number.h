// SPDX-License-Identifier: MIT
#pragma once

#include <cstring>

namespace deepseekocr {

/// The number in an enumeration of a struct that a C caller filled.  C stores any number there; to read one that is no
/// value of the enumeration as the enumeration would be undefined.
template <typename Enumeration>
int number_of(const Enumeration& value) {
  static_assert(sizeof(Enumeration) == sizeof(int));
  int number = 0;
  std::memcpy(&number, &value, sizeof number);
  return number;
}

}  // namespace deepseekocr
