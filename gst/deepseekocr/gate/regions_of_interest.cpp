// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/regions_of_interest.h"

#include <gst/video/gstvideometa.h>

#include <algorithm>
#include <cstdlib>

namespace deepseekocr::plugin {
namespace {

/// A detector's box wavers by so much of its side, and by some pixels.
constexpr int32_t kWaverDivisor = 8, kWaverPixels = 8;

DsocrRect cut(const DsocrRect& box, const DsocrRect& to) {
  const int32_t left = std::max(box.x, to.x), top = std::max(box.y, to.y);
  const int32_t right = std::min(box.x + box.width, to.x + to.width);
  const int32_t bottom = std::min(box.y + box.height, to.y + to.height);
  return {left, top, std::max(0, right - left), std::max(0, bottom - top)};
}

/// Far beyond any frame.
constexpr guint kMost = 1u << 20;

/// The box of a meta, whose unsigned numbers may be anything.
DsocrRect box_of(const GstVideoRegionOfInterestMeta& meta) {
  const auto side = [](guint value) { return static_cast<int32_t>(std::min(value, kMost)); };
  return {side(meta.x), side(meta.y), side(meta.w), side(meta.h)};
}

bool is_wanted(const std::string& name, const std::vector<std::string>& classes) {
  return classes.empty() || std::find(classes.begin(), classes.end(), name) != classes.end();
}

bool is_near(int32_t a, int32_t b, int32_t side) {
  return std::abs(a - b) <= side / kWaverDivisor + kWaverPixels;
}

bool is_same_region(const RegionOfInterest& a, const RegionOfInterest& b) {
  return a.id == b.id && a.object_class == b.object_class && is_near(a.box.x, b.box.x, a.box.width) &&
         is_near(a.box.y, b.box.y, a.box.height) && is_near(a.box.width, b.box.width, a.box.width) &&
         is_near(a.box.height, b.box.height, a.box.height);
}

}  // namespace

std::vector<RegionOfInterest> regions_of_interest(GstBuffer* buffer, const std::vector<std::string>& classes,
                                                  const std::optional<DsocrRect>& area, int32_t frame_width,
                                                  int32_t frame_height) {
  const DsocrRect whole = area.value_or(DsocrRect{0, 0, frame_width, frame_height});
  std::vector<RegionOfInterest> regions;
  gpointer state = nullptr;
  while (GstMeta* meta = gst_buffer_iterate_meta_filtered(buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE)) {
    const auto& found = *reinterpret_cast<GstVideoRegionOfInterestMeta*>(meta);
    const gchar* name = g_quark_to_string(found.roi_type);
    RegionOfInterest region{cut(box_of(found), whole), found.id, name != nullptr ? name : ""};
    if (region.box.width == 0 || region.box.height == 0 || !is_wanted(region.object_class, classes)) continue;
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
