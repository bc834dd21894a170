// SPDX-License-Identifier: MIT
// The printable alphabet of byte-level BPE: each of the 256 bytes is spelled as one visible character (GPT-2's table).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace deepseekocr {

/// The UTF-8 spelling of a byte: printable Latin-1 stands for itself, the other 68 bytes are U+0100…U+0143 in order.
std::string spell_byte(uint8_t byte);

/// Bytes that a spelling stands for; nothing if it holds a character outside the alphabet or is not UTF-8.
std::optional<std::string> unspell_bytes(std::string_view spelling);

}  // namespace deepseekocr
