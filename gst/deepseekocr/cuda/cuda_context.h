// SPDX-License-Identifier: MIT
// The CUDA context that the elements around this one should work in.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

#include "deepseekocr/gst_ptr.h"

namespace deepseekocr::plugin {

/// LibTorch works in the device's primary context, and a GstCudaContext has one of its own unless it is made around
/// another: memory of one cannot be read by kernels in the other.  So the element offers the pipeline a GstCudaContext
/// around the primary context.  Where somebody chose another before, frames are copied from device to device once, by
/// the engine, which asks each address for its context.
///
/// Belongs to an element between NULL→READY and READY→NULL; thread-safe.
class CudaContext {
 public:
  /// The context of CUDA device `device` that the element was given (by the application, or an element below), or a new
  /// one, which is then offered to everybody by NEED_CONTEXT and HAVE_CONTEXT.  Call it without a lock.
  /// @return NULL: `*complaint` says in one clause why there is none
  static std::shared_ptr<const CudaContext> choose(GstElement* element, int device, std::string* complaint);

  ~CudaContext();
  CudaContext(const CudaContext&) = delete;
  CudaContext& operator=(const CudaContext&) = delete;

  /// Answers a CONTEXT query of a neighbour.  @return false: it asks for something else
  bool answer(GstQuery* query) const;
  /// Adds a pool of CUDA memory to an ALLOCATION query that offers none.
  void propose_pool(GstQuery* query) const;

 private:
  CudaContext(GstObject* cuda_context, GstContext* context) : cuda_context_(cuda_context), context_(context) {}

  GstObject* cuda_context_; /**< a GstCudaContext; owned */
  GstContext* context_;     /**< that holds it; owned */
};

}  // namespace deepseekocr::plugin
