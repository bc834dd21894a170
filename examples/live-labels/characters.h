// SPDX-License-Identifier: MIT
#pragma once

namespace live_labels {

/// An ASCII digit, whatever the locale.
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace live_labels
