// SPDX-License-Identifier: MIT
// Whether a frame may be kept for long without stopping whoever makes frames.
#pragma once

#include <gst/gst.h>

#include "deepseekocr/gst_ptr.h"

namespace deepseekocr::plugin {

/// Remembers the last pool, because a stream's frames come from one.  Not thread-safe.
class PoolCheck {
 public:
  /// A reference to `buffer`, or a copy of it where it comes from a pool that may run dry.
  BufferPtr buffer_to_keep(GstBuffer* buffer);

 private:
  bool is_bounded(GstBufferPool* pool);

  BufferPoolPtr pool_; /**< kept, so that its address cannot become another pool's */
  bool bounded_ = false;
};

}  // namespace deepseekocr::plugin
