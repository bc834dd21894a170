// SPDX-License-Identifier: MIT
// The plugin: registration, nothing else.
#include <gst/gst.h>

#include "deepseekocr/gstdeepseekocr.h"
#ifdef HAVE_OCROVERLAY
#include "ocroverlay/gstocroverlay.h"
#endif

static gboolean plugin_init(GstPlugin* plugin) {
  gboolean registered = GST_ELEMENT_REGISTER(deepseekocr, plugin);
#ifdef HAVE_OCROVERLAY
  registered |= GST_ELEMENT_REGISTER(ocroverlay, plugin);
#endif
  return registered;
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, deepseekocr, "Reads the text on video frames and pages",
                  plugin_init, PACKAGE_VERSION, "MIT/X11", "deepseekocr", "Unknown package origin")
