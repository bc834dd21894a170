// SPDX-License-Identifier: MIT
#include "deepseekocr/area.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "deepseekocr/trim.h"

namespace deepseekocr::plugin {
namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto comma = text.find(',');
    parts.push_back(trim(text.substr(0, comma)));
    if (comma == std::string_view::npos) return parts;
    text.remove_prefix(comma + 1);
  }
}

/// Locale-independent; the whole part must be a number.
template <typename Number>
std::optional<Number> parse_number(std::string_view part) {
  Number value{};
  const auto [end, status] = std::from_chars(part.data(), part.data() + part.size(), value);
  if (status != std::errc() || end != part.data() + part.size()) return std::nullopt;
  return value;
}

}  // namespace

std::optional<Area> parse_area(std::string_view text, std::string* error) {
  const auto parts = split(text);
  const auto fail = [&](const char* reason) {
    *error = "area \"" + std::string(text) + "\" " + reason +
             "; write x,y,width,height as pixels (0,540,1920,540) or as fractions (0.0,0.5,1.0,0.5), or auto";
    return std::nullopt;
  };
  if (parts.size() != 4) return fail("does not have four numbers");
  std::array<double, 4> numbers{};
  size_t dots = 0;
  for (size_t i = 0; i < 4; ++i) {
    const bool dotted = parts[i].find('.') != std::string_view::npos;
    dots += dotted;
    if (dotted) {
      const auto value = parse_number<double>(parts[i]);
      if (!value || !std::isfinite(*value)) return fail("holds something that is not a number");
      numbers[i] = *value;
    } else {
      const auto value = parse_number<int32_t>(parts[i]);
      if (!value) return fail("holds something that is not a number");
      numbers[i] = *value;
    }
  }
  if (dots != 0 && dots != 4) return fail("mixes fractions and pixels");
  if (numbers[0] < 0 || numbers[1] < 0) return fail("begins left of or above the picture");
  if (numbers[2] <= 0 || numbers[3] <= 0) return fail("is empty");
  if (dots == 4 && (numbers[0] >= 1 || numbers[1] >= 1)) return fail("begins outside the picture");
  return Area{dots == 4, numbers[0], numbers[1], numbers[2], numbers[3]};
}

std::optional<DsocrRect> resolve_area(const Area& area, int32_t picture_width, int32_t picture_height, bool* clipped) {
  const double scale_x = area.fractions ? picture_width : 1;
  const double scale_y = area.fractions ? picture_height : 1;
  // Outwards, so that no pixel that the user named is lost.
  const double left = std::floor(area.x * scale_x), top = std::floor(area.y * scale_y);
  const double right = std::ceil((area.x + area.width) * scale_x - 1e-6);
  const double bottom = std::ceil((area.y + area.height) * scale_y - 1e-6);
  *clipped = right > picture_width || bottom > picture_height;
  if (left >= picture_width || top >= picture_height) return std::nullopt;
  const double inner_right = std::min<double>(right, picture_width);
  const double inner_bottom = std::min<double>(bottom, picture_height);
  return DsocrRect{static_cast<int32_t>(left), static_cast<int32_t>(top),
                   std::max<int32_t>(1, static_cast<int32_t>(inner_right - left)),
                   std::max<int32_t>(1, static_cast<int32_t>(inner_bottom - top))};
}

std::optional<std::vector<int32_t>> parse_token_ids(std::string_view text, std::string* error) {
  std::vector<int32_t> ids;
  if (trim(text) == "none") return ids;
  for (const auto part : split(text)) {
    const auto id = parse_number<int32_t>(part);
    if (!id || *id < 0) {
      *error = "ngram-whitelist \"" + std::string(text) + "\" is not a list of token ids; write 128821,128822 or none";
      return std::nullopt;
    }
    ids.push_back(*id);
  }
  return ids;
}

}  // namespace deepseekocr::plugin
