// SPDX-License-Identifier: MIT
//
// The plugin library of pdfdec.  These sources are MIT; the library is GPL because it is linked with Poppler.
#include <gst/gst.h>

#include "gstpdfdec.h"

static gboolean plugin_init(GstPlugin* plugin) {
  return GST_ELEMENT_REGISTER(pdfdec, plugin);
}

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, pdfdec, "Pages of PDF documents as video", plugin_init, VERSION,
                  "GPL", PACKAGE, "Unknown package origin")
