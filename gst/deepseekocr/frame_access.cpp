// SPDX-License-Identifier: MIT
#include "deepseekocr/frame_access.h"

#include "deepseekocr/cuda/cuda_library.h"

namespace deepseekocr::plugin {
namespace {

/// Since GStreamer 1.24 a frame may be on its way while the device still writes it.
void wait_written(GstBuffer* buffer) {
  const CudaLibrary* library = cuda_library();
  if (library == nullptr || library->wait_written == nullptr) return;
  for (guint i = 0; i < gst_buffer_n_memory(buffer); ++i) {
    GstMemory* memory = gst_buffer_peek_memory(buffer, i);
    if (gst_memory_is_type(memory, kCudaMemoryType)) library->wait_written(memory);
  }
}

/// Whether all of it is what the caps promise: addresses of anything else would be taken for the device's.
bool is_cuda_memory(GstBuffer* buffer) {
  for (guint i = 0; i < gst_buffer_n_memory(buffer); ++i)
    if (!gst_memory_is_type(gst_buffer_peek_memory(buffer, i), kCudaMemoryType)) return false;
  return gst_buffer_n_memory(buffer) > 0;
}

}  // namespace

bool frame_access_of(const GstCaps* caps, bool on_cuda, FrameAccess* access) {
  if (!gst_video_info_from_caps(&access->info, caps)) return false;
  const GstCapsFeatures* features = gst_caps_get_features(caps, 0);
  access->in_cuda_memory = features != nullptr && gst_caps_features_contains(features, kCudaMemoryFeature);
  access->read_on_device = access->in_cuda_memory && on_cuda;
  return true;
}

bool map_frame(GstVideoFrame* frame, GstBuffer* buffer, const FrameAccess& access) {
  if (!access.read_on_device) return gst_video_frame_map(frame, &access.info, buffer, GST_MAP_READ);
  if (!is_cuda_memory(buffer)) return false;
  wait_written(buffer);
  return gst_video_frame_map(frame, &access.info, buffer,
                             static_cast<GstMapFlags>(static_cast<guint>(GST_MAP_READ) | kMapCuda));
}

}  // namespace deepseekocr::plugin
