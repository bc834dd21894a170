// SPDX-License-Identifier: MIT
#include "checkpoint/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace deepseekocr {
namespace {

/// State of a message of which nothing was seen; complemented in the end.
constexpr uint32_t kStart = 0xffffffff;

using Quarters = std::array<uint32_t, 4>;

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table = {};
  for (uint32_t byte = 0; byte < table.size(); ++byte) {
    uint32_t remainder = byte;
    for (int bit = 0; bit < 8; ++bit) remainder = remainder >> 1 ^ (remainder & 1 ? 0x82f63b78 : 0);
    table[byte] = remainder;
  }
  return table;
}

uint32_t update_by_table(uint32_t state, const uint8_t* data, size_t bytes) {
  static constexpr std::array<uint32_t, 256> table = make_table();
  for (size_t i = 0; i < bytes; ++i) state = state >> 8 ^ table[(state ^ data[i]) & 0xff];
  return state;
}

#if defined(__x86_64__)

bool has_instruction() {
  static const bool has = __builtin_cpu_supports("sse4.2") != 0;
  return has;
}

__attribute__((target("sse4.2"))) uint32_t add_word(uint32_t state, const uint8_t* data) {
  uint64_t word = 0;
  std::memcpy(&word, data, sizeof word);
  return static_cast<uint32_t>(_mm_crc32_u64(state, word));
}

__attribute__((target("sse4.2"))) uint32_t update_by_instruction(uint32_t state, const uint8_t* data, size_t bytes) {
  for (; bytes >= 8; data += 8, bytes -= 8) state = add_word(state, data);
  for (; bytes > 0; ++data, --bytes) state = _mm_crc32_u8(state, *data);
  return state;
}

/// Four messages of `bytes` bytes, a multiple of 8, one behind the other.
__attribute__((target("sse4.2"))) void update_quarters(Quarters& states, const uint8_t* data, size_t bytes) {
  uint32_t a = states[0], b = states[1], c = states[2], d = states[3];
  for (size_t i = 0; i < bytes; i += 8) {
    a = add_word(a, data + i);
    b = add_word(b, data + bytes + i);
    c = add_word(c, data + 2 * bytes + i);
    d = add_word(d, data + 3 * bytes + i);
  }
  states = {a, b, c, d};
}

uint32_t update(uint32_t state, const uint8_t* data, size_t bytes) {
  return has_instruction() ? update_by_instruction(state, data, bytes) : update_by_table(state, data, bytes);
}

#else

bool has_instruction() {
  return false;
}
void update_quarters(Quarters&, const uint8_t*, size_t) {}

uint32_t update(uint32_t state, const uint8_t* data, size_t bytes) {
  return update_by_table(state, data, bytes);
}

#endif

}  // namespace

uint32_t crc32c(const void* data, size_t bytes) {
  return ~update(kStart, static_cast<const uint8_t*>(data), bytes);
}

// Quarters are whole words; what is left over belongs to the last.
uint32_t crc32c_of_quarters(const void* data, size_t bytes) {
  const auto* from = static_cast<const uint8_t*>(data);
  const size_t quarter = bytes / 32 * 8;
  Quarters states = {kStart, kStart, kStart, kStart};
  if (has_instruction()) {
    update_quarters(states, from, quarter);
  } else {
    for (size_t i = 0; i < states.size(); ++i) states[i] = update(kStart, from + i * quarter, quarter);
  }
  states[3] = update(states[3], from + 4 * quarter, bytes - 4 * quarter);
  std::array<uint8_t, 16> digits = {};
  for (size_t i = 0; i < digits.size(); ++i) digits[i] = static_cast<uint8_t>(~states[i / 4] >> (8 * (i % 4)));
  return crc32c(digits.data(), digits.size());
}

}  // namespace deepseekocr
