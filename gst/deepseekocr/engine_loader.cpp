// SPDX-License-Identifier: MIT
#include "deepseekocr/engine_loader.h"

#include <glib.h>
#include <gmodule.h>

#include <map>
#include <mutex>
#include <vector>

namespace deepseekocr::plugin {
namespace {

std::string environment(const char* name) {
  const char* value = g_getenv(name);
  return value != nullptr ? value : "";
}

bool exists(const std::string& path) {
  return g_file_test(path.c_str(), G_FILE_TEST_EXISTS);
}

/// @param folder  absolute, or relative to the working directory, as GStreamer names a plugin that it found through a
/// relative GST_PLUGIN_PATH
std::string relative_to(const std::string& folder, const char* path) {
  g_autofree char* absolute = g_canonicalize_filename(folder.c_str(), nullptr);
  g_autofree char* canonical = g_canonicalize_filename(path, absolute);
  return canonical;
}

std::vector<std::string> candidates(const std::string& plugin_folder) {
  const std::string chosen = environment("DEEPSEEKOCR_ENGINE");
  if (!chosen.empty()) return {chosen};
  std::vector<std::string> paths = {DEEPSEEKOCR_ENGINE_PATH};
  if (!plugin_folder.empty()) paths.push_back(relative_to(plugin_folder, "../" DEEPSEEKOCR_ENGINE_FILE));
  return paths;
}

const DsocrEngineApi* open_library(const std::string& path, std::string* error) {
  GModule* module = g_module_open(path.c_str(), G_MODULE_BIND_LOCAL);
  if (module == nullptr) {
    *error = "cannot open the engine library: " + std::string(g_module_error()) +
             "; install what is missing, or set DEEPSEEKOCR_ENGINE to another engine library";
    return nullptr;
  }
  gpointer symbol = nullptr;
  const DsocrEngineApi* api = nullptr;
  if (g_module_symbol(module, DSOCR_ENGINE_API_SYMBOL, &symbol) && symbol != nullptr)
    api = reinterpret_cast<DsocrEngineApiFunction>(symbol)(DSOCR_API_VERSION);
  if (api == nullptr || api->version != DSOCR_API_VERSION || api->struct_size < sizeof(DsocrEngineApi)) {
    *error = path + " is not an engine library of interface version " + std::to_string(DSOCR_API_VERSION) +
             "; install the engine that belongs to this plugin, or set DEEPSEEKOCR_ENGINE to it";
    g_module_close(module);
    return nullptr;
  }
  g_module_make_resident(module);
  return api;
}

std::string not_found_sentence(const std::vector<std::string>& paths) {
  std::string sentence = "the engine library was not found at " + paths.front();
  for (size_t i = 1; i < paths.size(); ++i) sentence += " or " + paths[i];
  return sentence + "; install the engine, or set DEEPSEEKOCR_ENGINE to its libdeepseekocr-engine.so";
}

}  // namespace

const DsocrEngineApi* load_engine(const std::string& plugin_folder, std::string* error) {
  static std::mutex mutex;  // guards `opened`; held while a library is opened, so that each is opened once
  static std::map<std::string, const DsocrEngineApi*> opened;
  const auto paths = candidates(plugin_folder);
  const std::lock_guard lock(mutex);
  for (const std::string& path : paths) {
    if (const auto known = opened.find(path); known != opened.end()) return known->second;
    if (!exists(path)) continue;
    const DsocrEngineApi* api = open_library(path, error);
    if (api != nullptr) opened[path] = api;
    return api;
  }
  *error = not_found_sentence(paths);
  return nullptr;
}

std::string default_model_path(const std::string& plugin_folder) {
  std::string path = environment("DEEPSEEKOCR_MODEL");
  if (!path.empty()) return path;
  if (exists(DEEPSEEKOCR_MODEL_PATH) || plugin_folder.empty()) return DEEPSEEKOCR_MODEL_PATH;
  // Of a tree that was moved: plugins are in lib/gstreamer-1.0, in Debian one folder deeper.
  for (const char* models : {"../../share/deepseekocr/models/", "../../../share/deepseekocr/models/"}) {
    path = relative_to(plugin_folder, (std::string(models) + DEEPSEEKOCR_MODEL_NAME).c_str());
    if (exists(path)) return path;
  }
  return DEEPSEEKOCR_MODEL_PATH;
}

}  // namespace deepseekocr::plugin
