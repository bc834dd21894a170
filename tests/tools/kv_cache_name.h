// SPDX-License-Identifier: MIT
// The formats of caches on a command line.
#pragma once

#include <deepseekocr/engine.h>

#include <stdexcept>
#include <string>

namespace deepseekocr::test {

/// @throws std::invalid_argument for another name than auto, native and int8
inline DsocrKvCache parse_kv_cache(const std::string& name) {
  if (name == "auto") return DSOCR_KV_CACHE_AUTO;
  if (name == "native") return DSOCR_KV_CACHE_NATIVE;
  if (name == "int8") return DSOCR_KV_CACHE_INT8;
  throw std::invalid_argument(name + " is none of auto, native and int8");
}

}  // namespace deepseekocr::test
