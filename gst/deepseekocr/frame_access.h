// SPDX-License-Identifier: MIT
// How the frames of a stream are laid out, and where their pixels are read.
#pragma once

#include <deepseekocr/engine.h>
#include <gst/video/video.h>

namespace deepseekocr::plugin {

/// Of all frames between two CAPS events.
struct FrameAccess {
  GstVideoInfo info;
  bool in_cuda_memory = false; /**< as the caps say */
  bool read_on_device = false; /**< the model runs on CUDA and reads the frames there */

  /// Which memory the engine is told of.
  DsocrMemory memory() const { return read_on_device ? DSOCR_MEMORY_CUDA : DSOCR_MEMORY_HOST; }
  /// Whether each look at a frame's pixels copies them to the host.
  bool copies_to_host() const { return in_cuda_memory && !read_on_device; }
};

/// The access of frames with `caps`.  @return false: the caps cannot be read
/// @param on_cuda  whether the model runs on CUDA
bool frame_access_of(const GstCaps* caps, bool on_cuda, FrameAccess* access);

/// Maps a frame for reading where it is read.  @return false: its memory cannot be
bool map_frame(GstVideoFrame* frame, GstBuffer* buffer, const FrameAccess& access);

}  // namespace deepseekocr::plugin
