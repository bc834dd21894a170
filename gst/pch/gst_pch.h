// SPDX-License-Identifier: MIT
// Precompiled for the plugin.  Each source includes what it needs all the same.

#include <gst/video/video.h>

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>
