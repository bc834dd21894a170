// SPDX-License-Identifier: MIT
// A reading as GstStructure: metadata of frames, element messages.
#pragma once

#include "deepseekocr/gst_ptr.h"
#include "deepseekocr/slot.h"

namespace deepseekocr::plugin {

/// The fields of GstDeepseekOcrMeta.
StructurePtr reading_structure(const FrameInfo& frame, const Reading& reading, const Settings& settings, bool changed);

/// Puts `delivery` on `buffer`: GstDeepseekOcrMeta, and a GstVideoRegionOfInterestMeta for each box.  An empty delivery
/// leaves the buffer as it is.  The buffer is made writable (its memory is shared, not copied).
BufferPtr attach_delivery(BufferPtr buffer, const Delivery& delivery);

/// The same for a stream whose frames carry one reading many times: its structure is made once.  Not thread-safe.
class DeliveryAttacher {
 public:
  BufferPtr attach(BufferPtr buffer, const Delivery& delivery);

 private:
  ReadingPtr reading_; /**< that `structure_` is of */
  StructurePtr structure_;
};

/// Page number that pdfdec put on `buffer`, from 1; 0: none.
int32_t page_of(GstBuffer* buffer);

}  // namespace deepseekocr::plugin
