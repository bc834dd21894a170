// SPDX-License-Identifier: MIT
// Runs of cells in a row of a picture's grid that are worth looking at.
#pragma once

#include <cstdint>
#include <vector>

namespace deepseekocr::plugin {

/// Cells from `begin` to before `end`.
struct Run {
  int32_t begin, end;
};

/// Calls `take` with each run of marked cells.  Short breaks are not worth a new run.
template <typename Function>
void for_each_run(const std::vector<uint8_t>& marks, Function&& take) {
  constexpr int32_t kBreak = 2;
  const auto count = static_cast<int32_t>(marks.size());
  for (int32_t begin = 0; begin < count; ++begin) {
    if (marks[begin] == 0) continue;
    int32_t end = begin + 1;
    for (int32_t next = end; next < count && next <= end + kBreak; ++next) {
      if (marks[next] != 0) end = next + 1;
    }
    take(Run{begin, end});
    begin = end;
  }
}

}  // namespace deepseekocr::plugin
