// SPDX-License-Identifier: MIT
// The same writing at another place of the model's canvas.
#pragma once

#include <deepseekocr/engine.h>

#include <cstddef>

namespace deepseekocr::plugin {

/// `area` less a rim at two of its sides, other ones and of another width for each number, so that writing comes to lie
/// otherwise on the model's grid and is scaled a little differently.  Of any two neighbouring numbers, none cuts where
/// the other does: writing at the very edge is whole in one of them.
/// @param area    pixels of the frame
/// @param number  from 0, which is `area` itself
DsocrRect view_of(const DsocrRect& area, size_t number);

}  // namespace deepseekocr::plugin
