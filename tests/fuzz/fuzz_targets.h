// SPDX-License-Identifier: MIT
// Readers of untrusted files, each fed with arbitrary bytes.  A target returns when the bytes were accepted or refused
// by an EngineError with a proper sentence, and aborts when anything else happened.
#pragma once

#include <cstddef>
#include <cstdint>

namespace deepseekocr::test {

/// The bytes are a config.json.
void fuzz_config(const uint8_t* data, size_t size);

/// The bytes are the JSON header of a safetensors file with 64 bytes of data.
void fuzz_safetensors(const uint8_t* data, size_t size);

}  // namespace deepseekocr::test
