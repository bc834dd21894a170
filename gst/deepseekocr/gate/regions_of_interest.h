// SPDX-License-Identifier: MIT
// inference-region=roi-list: the parts of a frame that an element upstream found worth reading.
#pragma once

#include <deepseekocr/engine.h>
#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

/// The regions of a frame, each a GstVideoRegionOfInterestMeta or an object of a GstAnalyticsRelationMeta, whose type
/// is one of `classes` (none named: all), cut to `area` (empty: the frame), in reading order.  Those that lie outside
/// are left out.
std::vector<RegionOfInterest> regions_of_interest(GstBuffer* buffer, const std::vector<std::string>& classes,
                                                  const std::optional<DsocrRect>& area, int32_t frame_width,
                                                  int32_t frame_height);

/// Sorts rectangles of lines from top to bottom, those of one line from left to right.
void sort_in_reading_order(std::vector<RegionOfInterest>* regions);

/// The rectangle around all.
DsocrRect box_around(const std::vector<RegionOfInterest>& regions);

/// Whether `now` shows the same things as `before`: the same ids, none moved by more than a detector's wavering.
bool are_same_regions(const std::vector<RegionOfInterest>& before, const std::vector<RegionOfInterest>& now);

/// Parts of "text, label".
std::vector<std::string> split_classes(const std::string& list);

}  // namespace deepseekocr::plugin
