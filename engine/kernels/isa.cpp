// SPDX-License-Identifier: MIT
#include "kernels/isa.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace deepseekocr::kernels {
namespace {

constexpr const char* kVariable = "DEEPSEEKOCR_ISA";

constexpr std::array<std::string_view, 3> kNames = {"none", "avx2", "avx512"};

std::string_view wanted_isa() {
  const char* wanted = std::getenv(kVariable);
  return wanted != nullptr ? wanted : "";
}

Isa choose_isa() {
  const auto cap = parse_isa(wanted_isa());
  return cap ? std::min(*cap, best_isa()) : best_isa();
}

}  // namespace

std::string_view isa_name(Isa isa) {
  return kNames.at(static_cast<size_t>(isa));
}

std::optional<Isa> parse_isa(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Isa>(found - kNames.begin());
}

Isa best_isa() {
#ifdef HAVE_X86_KERNELS
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return Isa::none;
  if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw") ||
      !__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl")) {
    return Isa::avx2;
  }
  return Isa::avx512;
#else
  return Isa::none;
#endif
}

Isa active_isa() {
  static const Isa kActive = choose_isa();
  return kActive;
}

std::string isa_complaint() {
  const std::string wanted(wanted_isa());
  if (wanted.empty() || parse_isa(wanted)) return "";
  return std::string(kVariable) + " is \"" + wanted +
         "\", which is no level of instructions: set it to none, avx2 or avx512, or do not set it.";
}

}  // namespace deepseekocr::kernels
