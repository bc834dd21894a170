// SPDX-License-Identifier: MIT
// What libFuzzer calls; FUZZ_TARGET names the function under test.
#include "fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  deepseekocr::test::FUZZ_TARGET(data, size);
  return 0;
}
