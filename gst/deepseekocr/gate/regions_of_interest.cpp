// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/regions_of_interest.h"

#include <gst/video/gstvideometa.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "deepseekocr/gate/analytics_regions.h"

namespace deepseekocr::plugin {
namespace {

/// A detector's box wavers by so much of its side, and by some pixels.
constexpr int32_t kWaverDivisor = 8, kWaverPixels = 8;

/// Coordinates and sides beyond any frame are cut to this, so that sums do not overflow.
constexpr int64_t kMost = 1 << 20;

/// What of `box`, whose numbers may be anything, lies in `to`.
DsocrRect cut(const DsocrRect& box, const DsocrRect& to) {
  const auto within = [](int64_t value) { return std::clamp<int64_t>(value, -kMost, kMost); };
  const int64_t left = std::max(within(box.x), int64_t{to.x}), top = std::max(within(box.y), int64_t{to.y});
  const int64_t right = std::min(within(int64_t{box.x} + box.width), int64_t{to.x} + to.width);
  const int64_t bottom = std::min(within(int64_t{box.y} + box.height), int64_t{to.y} + to.height);
  return {static_cast<int32_t>(left), static_cast<int32_t>(top),
          static_cast<int32_t>(std::max<int64_t>(0, right - left)),
          static_cast<int32_t>(std::max<int64_t>(0, bottom - top))};
}

/// As it stands on the frame.
RegionOfInterest region_of(const GstVideoRegionOfInterestMeta& meta) {
  const auto number = [](guint value) { return static_cast<int32_t>(std::min<int64_t>(value, kMost)); };
  const gchar* name = g_quark_to_string(meta.roi_type);
  return {{number(meta.x), number(meta.y), number(meta.w), number(meta.h)}, meta.id, name != nullptr ? name : ""};
}

bool is_wanted(const std::string& name, const std::vector<std::string>& classes) {
  return classes.empty() || std::find(classes.begin(), classes.end(), name) != classes.end();
}

bool is_near(int32_t a, int32_t b, int32_t side) {
  return std::abs(a - b) <= side / kWaverDivisor + kWaverPixels;
}

bool is_same_place(const RegionOfInterest& a, const RegionOfInterest& b) {
  return a.object_class == b.object_class && is_near(a.box.x, b.box.x, a.box.width) &&
         is_near(a.box.y, b.box.y, a.box.height) && is_near(a.box.width, b.box.width, a.box.width) &&
         is_near(a.box.height, b.box.height, a.box.height);
}

bool is_same_region(const RegionOfInterest& a, const RegionOfInterest& b) {
  return a.id == b.id && is_same_place(a, b);
}

/// Some detectors say what they found with either meta: such a thing is one region.
std::vector<RegionOfInterest> all_regions(GstBuffer* buffer) {
  std::vector<RegionOfInterest> regions;
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))
    regions.push_back(region_of(*reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta)));
  const size_t count = regions.size();
  for (RegionOfInterest& object : analytics_regions(buffer)) {
    const auto begin = regions.begin(), end = begin + static_cast<ptrdiff_t>(count);
    if (std::none_of(begin, end, [&](const RegionOfInterest& region) { return is_same_place(region, object); }))
      regions.push_back(std::move(object));
  }
  return regions;
}

}  // namespace

std::vector<RegionOfInterest> regions_of_interest(GstBuffer* buffer, const std::vector<std::string>& classes,
                                                  const std::optional<DsocrRect>& area, int32_t frame_width,
                                                  int32_t frame_height) {
  const DsocrRect whole = area.value_or(DsocrRect{0, 0, frame_width, frame_height});
  std::vector<RegionOfInterest> regions;
  for (RegionOfInterest& region : all_regions(buffer)) {
    region.box = cut(region.box, whole);
    if (region.box.width > 0 && region.box.height > 0 && is_wanted(region.object_class, classes))
      regions.push_back(std::move(region));
  }
  sort_in_reading_order(&regions);
  return regions;
}

void sort_in_reading_order(std::vector<RegionOfInterest>* regions) {
  std::sort(regions->begin(), regions->end(),
            [](const RegionOfInterest& a, const RegionOfInterest& b) { return a.box.y < b.box.y; });
  // A line is what begins above the middle of its first rectangle.
  for (auto line = regions->begin(); line != regions->end();) {
    const int32_t middle = line->box.y + line->box.height / 2;
    const auto next =
        std::find_if(line + 1, regions->end(), [middle](const RegionOfInterest& r) { return r.box.y >= middle; });
    std::stable_sort(line, next,
                     [](const RegionOfInterest& a, const RegionOfInterest& b) { return a.box.x < b.box.x; });
    line = next;
  }
}

DsocrRect box_around(const std::vector<RegionOfInterest>& regions) {
  if (regions.empty()) return {};
  int32_t left = INT32_MAX, top = INT32_MAX, right = 0, bottom = 0;
  for (const RegionOfInterest& region : regions) {
    left = std::min(left, region.box.x);
    top = std::min(top, region.box.y);
    right = std::max(right, region.box.x + region.box.width);
    bottom = std::max(bottom, region.box.y + region.box.height);
  }
  return {left, top, right - left, bottom - top};
}

bool are_same_regions(const std::vector<RegionOfInterest>& before, const std::vector<RegionOfInterest>& now) {
  return std::equal(before.begin(), before.end(), now.begin(), now.end(), is_same_region);
}

std::vector<std::string> split_classes(const std::string& list) {
  std::vector<std::string> classes;
  g_auto(GStrv) parts = g_strsplit(list.c_str(), ",", -1);
  for (gchar** part = parts; *part != nullptr; ++part) {
    const std::string name = g_strstrip(*part);
    if (!name.empty()) classes.push_back(name);
  }
  return classes;
}

}  // namespace deepseekocr::plugin
