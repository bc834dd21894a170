// SPDX-License-Identifier: MIT
// The few functions of GStreamer's CUDA library and of the driver that frames in CUDA memory need.  Both are opened
// when the model runs on CUDA, so the plugin needs neither to be built or loaded: who has frames in CUDA memory has
// both.
#pragma once

#include <gst/gst.h>

#include <string>

namespace deepseekocr::plugin {

/// Caps feature and memory type of GstCudaMemory, and the type of the context that belongs to it.
constexpr const char* kCudaMemoryFeature = "memory:CUDAMemory";
constexpr const char* kCudaMemoryType = "gst.cuda.memory";
constexpr const char* kCudaContextType = "gst.cuda.context";

/// GST_MAP_CUDA: a mapping gives addresses of the device, and copies nothing to the host.
constexpr guint kMapCuda = static_cast<guint>(GST_MAP_FLAG_LAST) << 1;

/// A GstCudaContext is a GstObject, a CUcontext a pointer, a CUdevice an int; a CUresult of 0 is success.
struct CudaLibrary {
  int (*initialise)(unsigned flags);
  int (*get_device)(int* device, int number);
  int (*retain_primary_context)(void** context, int device);

  gboolean (*load)();
  GstObject* (*wrap_context)(void* context, int device);
  GstContext* (*make_context)(GstObject* cuda_context);
  /// Takes the GstCudaContext out of a GstContext into `*cuda_context`, if that is NULL and the device is the given
  /// one.
  gboolean (*take_context)(GstElement* element, GstContext* context, int device, GstObject** cuda_context);
  GstBufferPool* (*make_pool)(GstObject* cuda_context);
  /// Waits until a GstCudaMemory is written; NULL before GStreamer 1.24, whose memory always is.
  void (*wait_written)(GstMemory* memory);
};

/// Any thread; opened once and kept.  @return NULL: `*complaint` says in one clause what is missing
const CudaLibrary* cuda_library(std::string* complaint = nullptr);

}  // namespace deepseekocr::plugin
