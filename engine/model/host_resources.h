// SPDX-License-Identifier: MIT
// What this process may use of the machine: memory and cores, container limits included.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace deepseekocr {

/// Bytes that can be allocated without swapping or being killed: the kernel's MemAvailable, or what is left of the
/// control group's limit (version 1 or 2, the file cache counted as free), whichever is less.
/// @param root  where /proc and /sys are looked for; tests give a folder of their own
/// @return UINT64_MAX if neither is known
uint64_t available_memory(const std::filesystem::path& root = "/");

/// Cores that this process may run on: the affinity mask, or the control group's quota rounded up, at least 1.
int available_cores(const std::filesystem::path& root = "/");

/// "6.7 GB"
std::string format_bytes(uint64_t bytes);

/// Refuses a model that does not fit, before anything of it is read.
/// @param needed  bytes of weights in memory and the working memory of a page
/// @throws EngineError(DSOCR_OUT_OF_MEMORY) naming both sizes
void require_memory(uint64_t needed, uint64_t available, const std::string& model);

}  // namespace deepseekocr
