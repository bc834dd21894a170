// SPDX-License-Identifier: MIT
#include "text/byte_alphabet.h"

#include <array>
#include <utility>

namespace deepseekocr {

namespace {

constexpr int kFirstShifted = 0x100;
constexpr int kAlphabetEnd = 0x100 + 68;

constexpr bool spells_itself(int byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || (byte >= 0xAE && byte <= 0xFF);
}

struct Tables {
  std::array<uint16_t, 256> code_point_of{};
  std::array<int16_t, kAlphabetEnd> byte_of{};  // -1: not in the alphabet
};

constexpr Tables make_tables() {
  Tables tables;
  for (int16_t& byte : tables.byte_of) byte = -1;
  int shifted = kFirstShifted;
  for (int byte = 0; byte < 256; ++byte) {
    const int code_point = spells_itself(byte) ? byte : shifted++;
    tables.code_point_of[static_cast<size_t>(byte)] = static_cast<uint16_t>(code_point);
    tables.byte_of[static_cast<size_t>(code_point)] = static_cast<int16_t>(byte);
  }
  return tables;
}

constexpr Tables kTables = make_tables();

/// Reads one or two bytes of UTF-8 (the alphabet needs no more).  @return code point and length; length 0: neither.
std::pair<int, size_t> read_short_character(std::string_view text) {
  const auto first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return {first, 1};
  if (first < 0xC2 || first > 0xDF || text.size() < 2) return {0, 0};
  const auto second = static_cast<uint8_t>(text[1]);
  if ((second & 0xC0) != 0x80) return {0, 0};
  return {(first & 0x1F) << 6 | (second & 0x3F), 2};
}

}  // namespace

std::string spell_byte(uint8_t byte) {
  const int code_point = kTables.code_point_of[byte];
  if (code_point < 0x80) return std::string(1, static_cast<char>(code_point));
  return {static_cast<char>(0xC0 | code_point >> 6), static_cast<char>(0x80 | (code_point & 0x3F))};
}

std::optional<std::string> unspell_bytes(std::string_view spelling) {
  std::string bytes;
  bytes.reserve(spelling.size());
  while (!spelling.empty()) {
    const auto [code_point, length] = read_short_character(spelling);
    if (length == 0 || code_point >= kAlphabetEnd) return std::nullopt;
    const int byte = kTables.byte_of[static_cast<size_t>(code_point)];
    if (byte < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(byte));
    spelling.remove_prefix(length);
  }
  return bytes;
}

}  // namespace deepseekocr
