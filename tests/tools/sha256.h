// SPDX-License-Identifier: MIT
// The engine's SHA-256, so that tests compare with hashes.
#pragma once

#include "checkpoint/sha256.h"

namespace deepseekocr::test {

using deepseekocr::Sha256;
using deepseekocr::sha256;
using deepseekocr::sha256_hex;
using deepseekocr::sha256_hex_of_file;

}  // namespace deepseekocr::test
