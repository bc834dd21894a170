// SPDX-License-Identifier: MIT
#include "deepseekocr/pool_check.h"

namespace deepseekocr::plugin {

bool PoolCheck::is_bounded(GstBufferPool* pool) {
  if (pool == pool_.get()) return bounded_;
  guint max_buffers = 0;
  GstStructure* config = gst_buffer_pool_get_config(pool);
  gst_buffer_pool_config_get_params(config, nullptr, nullptr, nullptr, &max_buffers);
  gst_structure_free(config);
  pool_.reset(GST_BUFFER_POOL(gst_object_ref(pool)));
  bounded_ = max_buffers != 0;
  return bounded_;
}

BufferPtr PoolCheck::buffer_to_keep(GstBuffer* buffer) {
  if (buffer->pool == nullptr || !is_bounded(buffer->pool)) return BufferPtr(gst_buffer_ref(buffer));
  GstBuffer* copy = gst_buffer_copy_deep(buffer);
  return BufferPtr(copy != nullptr ? copy : gst_buffer_ref(buffer));
}

}  // namespace deepseekocr::plugin
