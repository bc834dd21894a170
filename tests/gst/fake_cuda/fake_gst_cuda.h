/* SPDX-License-Identifier: MIT
 *
 * Control of the library that stands in for libgstcuda: tests find it with dlsym in the one that the element opened.
 */
#ifndef DEEPSEEKOCR_FAKE_GST_CUDA_H
#define DEEPSEEKOCR_FAKE_GST_CUDA_H

#include <gst/gst.h>

/** Since reset(). */
typedef struct {
  guint host_maps;   /**< mappings of fake CUDA memory for the processor */
  guint device_maps; /**< mappings for the device */
  guint waits;       /**< gst_cuda_memory_sync() */
  gint contexts;     /**< that exist now */
} FakeCudaCounters;

typedef struct {
  void (*reset)(void);
  FakeCudaCounters (*counters)(void);
  /** A buffer of one fake CUDA memory of `size` bytes, zeroed; it keeps what is written through a mapping. */
  GstBuffer* (*make_buffer)(gsize size);
  /** A context of its own, as an application's: (transfer full). */
  GstContext* (*make_context)(gint device);
} FakeCudaControl;

typedef const FakeCudaControl* (*FakeCudaControlFunction)(void);
#define FAKE_CUDA_LIBRARY "libgstcuda-1.0.so.0"
#define FAKE_CUDA_CONTROL_SYMBOL "fake_cuda_control"

#endif
