// SPDX-License-Identifier: MIT
// One frame read region by region: several requests of the engine, one reading.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "deepseekocr/engine_client.h"
#include "deepseekocr/reading.h"

namespace deepseekocr::plugin {

/// Makes a picture of the frame for one more request; empty where its memory cannot be read.
using PictureSource = std::function<std::unique_ptr<Picture>()>;

/// Reads `regions`, a few at a time, and calls `done` once with all of them as one reading.
/// @return OK, and `done` will be called from an engine thread; otherwise the engine took none of them, `done` is not
///         called and `*error` holds the reason
DsocrStatus read_regions(const std::shared_ptr<EngineClient>& client, std::vector<RegionOfInterest> regions,
                         std::shared_ptr<const Settings> settings, PictureSource picture, DoneFunction done,
                         uint64_t* request_id, DsocrError* error);

/// The readings of a frame's regions as one: texts joined by newlines, tokens added up.  Given up if one was; failed
/// only if all failed.
Reading join_readings(std::vector<RegionReading> parts);

}  // namespace deepseekocr::plugin
