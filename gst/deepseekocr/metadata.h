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

  /// Does beforehand what the next frame needs, if it carries the reading of the last one.  To be called when that one
  /// has left: filling in some thirty values takes longer than all the rest, and no frame should wait for it.
  void prepare();

 private:
  bool fits(GstBuffer* buffer, const Delivery& delivery) const;
  void select(const Delivery& delivery);
  void fill(GstBuffer* buffer) const;

  ReadingPtr reading_; /**< that `structure_` and `next_` are of */
  StructurePtr structure_;
  BufferPtr next_; /**< without memory; it carries the reading as a repeat.  NULL: not prepared */
};

/// Page number that pdfdec put on `buffer`, from 1; 0: none.
int32_t page_of(GstBuffer* buffer);

}  // namespace deepseekocr::plugin
