// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "label_tracker.h"

namespace live_labels {

/// A report as one line of JSON, without a newline.  Times are nanoseconds.
std::string report_json(const Report& report);

}  // namespace live_labels
