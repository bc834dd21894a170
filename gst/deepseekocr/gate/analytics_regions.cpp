// SPDX-License-Identifier: MIT
#include "deepseekocr/gate/analytics_regions.h"

#include <utility>

#ifdef HAVE_GST_ANALYTICS
#include <gst/analytics/analytics.h>
#endif

namespace deepseekocr::plugin {

#ifdef HAVE_GST_ANALYTICS

std::vector<RegionOfInterest> analytics_regions(GstBuffer* buffer) {
  std::vector<RegionOfInterest> regions;
  GstAnalyticsRelationMeta* meta = gst_buffer_get_analytics_relation_meta(buffer);
  if (meta == nullptr) return regions;
  gpointer state = nullptr;
  GstAnalyticsODMtd object;
  while (gst_analytics_relation_meta_iterate(meta, &state, gst_analytics_od_mtd_get_mtd_type(), &object) != FALSE) {
    RegionOfInterest region;
    gfloat confidence = 0;
    if (gst_analytics_od_mtd_get_location(&object, &region.box.x, &region.box.y, &region.box.width, &region.box.height,
                                          &confidence) == FALSE)
      continue;
    const gchar* name = g_quark_to_string(gst_analytics_od_mtd_get_obj_type(&object));
    region.object_class = name != nullptr ? name : "";
    region.id = static_cast<int32_t>(object.id);
    regions.push_back(std::move(region));
  }
  return regions;
}

#else

std::vector<RegionOfInterest> analytics_regions(GstBuffer* /*buffer*/) {
  return {};
}

#endif

}  // namespace deepseekocr::plugin
