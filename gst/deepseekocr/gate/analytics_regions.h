// SPDX-License-Identifier: MIT
// Objects that detectors describe with GstAnalyticsRelationMeta (GStreamer 1.24 and later).
#pragma once

#include <gst/gst.h>

#include <vector>

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

/// The object detections of a frame, as they stand there: neither chosen nor cut.  None where the plugin was built
/// without gstreamer-analytics-1.0.
std::vector<RegionOfInterest> analytics_regions(GstBuffer* buffer);

}  // namespace deepseekocr::plugin
