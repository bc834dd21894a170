// SPDX-License-Identifier: MIT
// Finds and opens the engine library.  The plugin links GStreamer only, so that it registers and inspects everywhere.
#pragma once

#include <deepseekocr/engine.h>

#include <string>

namespace deepseekocr::plugin {

/// The engine's function table.  The library is looked for at $DEEPSEEKOCR_ENGINE, else where it was configured to be
/// installed, else beside the folder that holds the plugins.  Opened once and never unloaded (LibTorch cannot be).
/// Thread-safe.
/// @param plugin_folder  folder of this plugin's library, absolute or relative to the working directory; empty if
/// unknown.
/// @return NULL on failure; `*error` is then one sentence that names the file, the linker's reason and what to do.
const DsocrEngineApi* load_engine(const std::string& plugin_folder, std::string* error);

/// The checkpoint that an empty `model-path` stands for: $DEEPSEEKOCR_MODEL, else where it was configured to be
/// installed, else in the tree that holds the folder of plugins.
/// @param plugin_folder  as above.
std::string default_model_path(const std::string& plugin_folder);

}  // namespace deepseekocr::plugin
