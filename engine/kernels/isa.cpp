// SPDX-License-Identifier: MIT
#include "kernels/isa.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#ifdef HAVE_X86_KERNELS
#include <cpuid.h>
#endif

namespace deepseekocr::kernels {
namespace {

constexpr const char* kVariable = "DEEPSEEKOCR_ISA";

constexpr std::array<std::string_view, 5> kNames = {"none", "avx2", "avxvnni", "avx512", "avx512vnni"};

std::string_view wanted_isa() {
  const char* wanted = std::getenv(kVariable);
  return wanted != nullptr ? wanted : "";
}

/// The highest level up to one; "none" is had everywhere.
Isa highest_up_to(Isa cap) {
  auto level = static_cast<int>(cap);
  while (!has_isa(static_cast<Isa>(level))) --level;
  return static_cast<Isa>(level);
}

#ifdef HAVE_X86_KERNELS
bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

bool has_avx512() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

/// Asked of the processor itself: Clang 14 has no name for it.
bool has_avxvnni() {
  constexpr unsigned kLeaf = 7, kSubleaf = 1, kBit = 1U << 4;
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
  return has_avx2() && __get_cpuid_count(kLeaf, kSubleaf, &eax, &ebx, &ecx, &edx) != 0 && (eax & kBit) != 0;
}
#endif

}  // namespace

std::string_view isa_name(Isa isa) {
  return kNames.at(static_cast<size_t>(isa));
}

std::optional<Isa> parse_isa(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Isa>(found - kNames.begin());
}

bool has_isa(Isa isa) {
#ifdef HAVE_X86_KERNELS
  __builtin_cpu_init();
  switch (isa) {
    case Isa::none:
      break;
    case Isa::avx2:
      return has_avx2();
    case Isa::avxvnni:
      return has_avxvnni();
    case Isa::avx512:
      return has_avx512();
    case Isa::avx512vnni:
      return has_avx512() && __builtin_cpu_supports("avx512vnni");
  }
#endif
  return isa == Isa::none;
}

Isa best_isa() {
  return highest_up_to(Isa::avx512vnni);
}

Isa active_isa() {
  static const Isa kActive = highest_up_to(parse_isa(wanted_isa()).value_or(Isa::avx512vnni));
  return kActive;
}

std::string isa_complaint() {
  const std::string wanted(wanted_isa());
  if (wanted.empty() || parse_isa(wanted)) return "";
  return std::string(kVariable) + " is \"" + wanted +
         "\", which is no level of instructions: set it to none, avx2, avxvnni, avx512 or avx512vnni, or do not set "
         "it.";
}

}  // namespace deepseekocr::kernels
