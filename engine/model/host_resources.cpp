// SPDX-License-Identifier: MIT
#include "model/host_resources.h"

#include <sched.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <vector>

#include "checkpoint/error.h"

namespace deepseekocr {
namespace {

namespace fs = std::filesystem;

/// The first number of a one-line file; nothing for "max", a missing or an unreadable file.
std::optional<uint64_t> read_number(const fs::path& path) {
  std::ifstream file(path);
  uint64_t value = 0;
  if (file >> value) return value;
  return std::nullopt;
}

/// The number behind `key` in a file of "key number" or "key: number unit" lines.
std::optional<uint64_t> read_field(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    std::string name;
    uint64_t value = 0;
    if (fields >> name >> value && (name == key || name == key + ":")) return value;
  }
  return std::nullopt;
}

/// The control group folders that limit this process, innermost first: /sys/fs/cgroup/a/b, /sys/fs/cgroup/a, …
/// @param controller  of version 1 ("memory", "cpu"), which has a tree for each
std::vector<fs::path> control_groups(const fs::path& root, const std::string& controller) {
  std::vector<fs::path> folders;
  std::ifstream file(root / "proc/self/cgroup");
  for (std::string line; std::getline(file, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const bool unified = controllers == ",,";
    if (!unified && controllers.find("," + controller + ",") == std::string::npos) continue;
    const fs::path top = unified ? root / "sys/fs/cgroup" : root / "sys/fs/cgroup" / controller;
    for (fs::path own = fs::path(line.substr(second + 1)).relative_path();; own = own.parent_path()) {
      folders.push_back(own.empty() ? top : top / own);
      if (own.empty()) break;
    }
  }
  return folders;
}

/// What one group leaves; nothing if it has no limit.
std::optional<uint64_t> memory_left(const fs::path& group) {
  const bool unified = fs::exists(group / "memory.max");
  const auto limit = read_number(group / (unified ? "memory.max" : "memory.limit_in_bytes"));
  const auto used = read_number(group / (unified ? "memory.current" : "memory.usage_in_bytes"));
  if (!limit || !used) return std::nullopt;
  const uint64_t cache =
      read_field(group / "memory.stat", unified ? "inactive_file" : "total_inactive_file").value_or(0);
  const uint64_t held = *used - std::min(*used, cache);
  return *limit - std::min(*limit, held);
}

/// Cores that one group's quota is worth, rounded up; nothing if it has none.
std::optional<int> quota_cores(const fs::path& group) {
  double quota = -1, period = 0;
  std::ifstream unified(group / "cpu.max");
  if (unified) {
    unified >> quota >> period;  // "max 100000" fails on the first field
  } else {
    std::ifstream(group / "cpu.cfs_quota_us") >> quota;
    std::ifstream(group / "cpu.cfs_period_us") >> period;
  }
  if (quota <= 0 || period <= 0) return std::nullopt;
  return std::max(1, static_cast<int>((quota + period - 1) / period));
}

}  // namespace

uint64_t available_memory(const fs::path& root) {
  uint64_t available = std::numeric_limits<uint64_t>::max();
  if (const auto kibibytes = read_field(root / "proc/meminfo", "MemAvailable")) available = *kibibytes * 1024;
  for (const fs::path& group : control_groups(root, "memory")) {
    if (const auto left = memory_left(group)) available = std::min(available, *left);
  }
  return available;
}

int available_cores(const fs::path& root) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  int cores = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 1;
  for (const fs::path& group : control_groups(root, "cpu")) {
    if (const auto quota = quota_cores(group)) cores = std::min(cores, *quota);
  }
  return std::max(cores, 1);
}

std::string format_bytes(uint64_t bytes) {
  char text[32];
  const double value = static_cast<double>(bytes);
  if (bytes >= 1'000'000'000) {
    std::snprintf(text, sizeof(text), "%.1f GB", value / 1e9);
  } else {
    std::snprintf(text, sizeof(text), "%.1f MB", value / 1e6);
  }
  return text;
}

void require_memory(uint64_t needed, uint64_t available, const std::string& model) {
  if (needed <= available) return;
  throw EngineError(DSOCR_OUT_OF_MEMORY,
                    "The model " + model + " needs " + format_bytes(needed) + " of memory, but only " +
                        format_bytes(available) +
                        " are available: free some, choose precision bf16, int8 or int4, or a smaller model.");
}

}  // namespace deepseekocr
