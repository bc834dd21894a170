// SPDX-License-Identifier: MIT
// The official tokenizer, loaded once for all tests of the program.
#pragma once

#include "text/tokenizer.h"

namespace deepseekocr::testing {

inline const Tokenizer& official_tokenizer() {
  static const Tokenizer tokenizer = Tokenizer::from_file(TEST_DATA_DIR "/official/tokenizer.json");
  return tokenizer;
}

}  // namespace deepseekocr::testing
