// SPDX-License-Identifier: MIT
// Binary portable pixmaps (P6), the plainest picture file there is.
#pragma once

#include <filesystem>

#include "image/image.h"

namespace deepseekocr::trace {

/// Reads a P6 file with 8 bits a channel, comments allowed in its header.
/// @throws EngineError naming the file and what is wrong with it
RgbImage read_ppm(const std::filesystem::path& path);

}  // namespace deepseekocr::trace
