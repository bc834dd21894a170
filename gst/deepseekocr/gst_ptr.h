// SPDX-License-Identifier: MIT
// Owners of GStreamer references.
#pragma once

#include <gst/gst.h>

#include <memory>

namespace deepseekocr::plugin {

struct MiniObjectUnref {
  template <typename T>
  void operator()(T* object) const {
    gst_mini_object_unref(GST_MINI_OBJECT_CAST(object));
  }
};
using BufferPtr = std::unique_ptr<GstBuffer, MiniObjectUnref>;
using CapsPtr = std::unique_ptr<GstCaps, MiniObjectUnref>;
using EventPtr = std::unique_ptr<GstEvent, MiniObjectUnref>;
using QueryPtr = std::unique_ptr<GstQuery, MiniObjectUnref>;

struct ObjectUnref {
  template <typename T>
  void operator()(T* object) const {
    gst_object_unref(object);
  }
};
using PadPtr = std::unique_ptr<GstPad, ObjectUnref>;
using BufferPoolPtr = std::unique_ptr<GstBufferPool, ObjectUnref>;
using ElementPtr = std::unique_ptr<GstElement, ObjectUnref>;

struct StructureFree {
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
};
using StructurePtr = std::unique_ptr<GstStructure, StructureFree>;

}  // namespace deepseekocr::plugin
