// SPDX-License-Identifier: MIT
// The numbers of a grounded answer (specification 6.1): a strict parser, because model output is hostile input.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "image/image.h"

namespace deepseekocr {

/// x1, y1, x2, y2 in 0…999 (not checked), finite.
using Coordinates = std::array<double, 4>;

/// Parses `[[x1, y1, x2, y2], …]` or one `[x1, y1, x2, y2]`: decimal integers and floats, blanks and newlines anywhere
/// between them, a comma allowed before `]`.  @return nothing if any part of the text is something else
std::optional<std::vector<Coordinates>> parse_coordinates(std::string_view text);

/// Scales to the area that the model saw, trunc(v / 999 · extent), moves it into the picture and clips it there.
/// Corners in the wrong order are swapped.
Rect to_pixels(const Coordinates& coordinates, const Rect& area, int picture_width, int picture_height);

}  // namespace deepseekocr
