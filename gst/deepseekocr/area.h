// SPDX-License-Identifier: MIT
// The part of the picture that is read, as the `area` property states it.
#pragma once

#include <deepseekocr/engine.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepseekocr::plugin {

/// `x,y,width,height`; fractions of the picture or pixels.
struct Area {
  bool fractions = false;
  double x = 0, y = 0, width = 0, height = 0;
};

/// Reads "x,y,width,height": fractions if every number has a dot, pixels if none has.
/// @return nothing if `text` is malformed; `*error` then says why in one sentence.
std::optional<Area> parse_area(std::string_view text, std::string* error);

/// The pixels of `area` in a picture of the given size.
/// A part that sticks out is cut off; `*clipped` says so.
/// @return nothing if the area lies outside the picture altogether.
std::optional<DsocrRect> resolve_area(const Area& area, int32_t picture_width, int32_t picture_height, bool* clipped);

/// Reads a comma-separated list of token ids; "none" is the empty list.
/// @return nothing if `text` is malformed; `*error` then says why in one sentence.
std::optional<std::vector<int32_t>> parse_token_ids(std::string_view text, std::string* error);

}  // namespace deepseekocr::plugin
