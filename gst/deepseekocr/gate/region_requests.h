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

/// Told the id of a request that the engine has taken.  @return false: nobody wants it any more
using TakenFunction = std::function<bool(uint64_t request_id)>;

/// Reads `regions`, a few at a time, and calls `done` once with all of them as one reading.  When one of their requests
/// is cancelled, the others are too.
/// @param stream  of the frame, 0: of none; that of its first region is one more, and so on
/// @return OK, and `done` will be called from an engine thread; otherwise the engine took none of them, `done` is not
///         called and `*error` holds the reason
DsocrStatus read_regions(const std::shared_ptr<EngineClient>& client, std::vector<RegionOfInterest> regions,
                         std::shared_ptr<const Settings> settings, uint64_t stream, PictureSource picture,
                         TakenFunction taken, DoneFunction done, DsocrError* error);

/// The readings of a frame's regions as one: texts joined by newlines, tokens added up.  Given up if one was; failed
/// only if all failed.
Reading join_readings(std::vector<RegionReading> parts);

}  // namespace deepseekocr::plugin
