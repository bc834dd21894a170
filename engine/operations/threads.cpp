// SPDX-License-Identifier: MIT
#include "operations/threads.h"

#include <ATen/Parallel.h>

#include "operations/cpu/decoder.h"

namespace deepseekocr::operations {

bool team_computes(at::ScalarType dtype) {
  return cpu::computes_all(dtype);
}

void use_threads(int count, bool team_only) {
  const int others = team_only ? 1 : count;
  // The number is a property of the calling thread; others of this process may have set theirs.
  if (at::get_num_threads() != others) at::set_num_threads(others);
  cpu::set_team_size(count);
}

}  // namespace deepseekocr::operations
