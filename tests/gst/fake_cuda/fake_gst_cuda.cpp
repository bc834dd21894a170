// SPDX-License-Identifier: MIT
// The functions of libgstcuda that the plugin opens, over host memory.
#include "fake_gst_cuda.h"

#include <gst/video/video.h>

#include <atomic>
#include <cstring>

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

constexpr const char* kContextType = "gst.cuda.context";
constexpr auto kMapCuda = static_cast<guint>(GST_MAP_FLAG_LAST) << 1;

std::atomic<guint> host_maps{0}, device_maps{0}, waits{0};
std::atomic<gint> contexts{0};

// ------------------------------------------------------------------------------------------------ contexts

struct FakeContext {
  GstObject parent;
  void* handle;
  gint device;
};
struct FakeContextClass {
  GstObjectClass parent_class;
};
G_DEFINE_TYPE(FakeContext, fake_context, GST_TYPE_OBJECT)

void fake_context_finalize(GObject* object) {
  --contexts;
  G_OBJECT_CLASS(fake_context_parent_class)->finalize(object);
}
void fake_context_class_init(FakeContextClass* klass) {
  G_OBJECT_CLASS(klass)->finalize = fake_context_finalize;
}
void fake_context_init(FakeContext*) {
  ++contexts;
}

GstObject* new_context(void* handle, gint device) {
  auto* context = static_cast<FakeContext*>(g_object_new(fake_context_get_type(), nullptr));
  gst_object_ref_sink(context);
  context->handle = handle;
  context->device = device;
  return GST_OBJECT(context);
}

GstContext* pack_context(GstObject* cuda_context) {
  GstContext* context = gst_context_new(kContextType, TRUE);
  gst_structure_set(gst_context_writable_structure(context), kContextType, fake_context_get_type(), cuda_context,
                    nullptr);
  return context;
}

// ------------------------------------------------------------------------------------------------ memory

struct FakeMemory {
  GstMemory parent;
  guint8* bytes;
};
struct FakeAllocator {
  GstAllocator parent;
};
struct FakeAllocatorClass {
  GstAllocatorClass parent_class;
};
G_DEFINE_TYPE(FakeAllocator, fake_allocator, GST_TYPE_ALLOCATOR)

GstMemory* fake_alloc(GstAllocator* allocator, gsize size, GstAllocationParams*) {
  auto* memory = g_new0(FakeMemory, 1);
  gst_memory_init(GST_MEMORY_CAST(memory), static_cast<GstMemoryFlags>(0), allocator, nullptr, size, 0, 0, size);
  memory->bytes = static_cast<guint8*>(g_malloc0(size));
  return GST_MEMORY_CAST(memory);
}
void fake_free(GstAllocator*, GstMemory* memory) {
  g_free(reinterpret_cast<FakeMemory*>(memory)->bytes);
  g_free(memory);
}
gpointer fake_map(GstMemory* memory, GstMapInfo* info, gsize) {
  guint flags = 0;  // as an enumeration it would have a value that none of it is
  std::memcpy(&flags, &info->flags, sizeof flags);
  ++((flags & kMapCuda) != 0 ? device_maps : host_maps);
  return reinterpret_cast<FakeMemory*>(memory)->bytes;
}
void fake_unmap(GstMemory*, GstMapInfo*) {}

void fake_allocator_class_init(FakeAllocatorClass* klass) {
  GST_ALLOCATOR_CLASS(klass)->alloc = fake_alloc;
  GST_ALLOCATOR_CLASS(klass)->free = fake_free;
}
void fake_allocator_init(FakeAllocator* self) {
  GstAllocator* allocator = GST_ALLOCATOR(self);
  allocator->mem_type = "gst.cuda.memory";
  allocator->mem_map_full = fake_map;
  allocator->mem_unmap_full = fake_unmap;
  GST_OBJECT_FLAG_SET(allocator, GST_ALLOCATOR_FLAG_CUSTOM_ALLOC);
}

GstBuffer* make_buffer(gsize size) {
  auto* allocator = GST_ALLOCATOR(g_object_new(fake_allocator_get_type(), nullptr));
  gst_object_ref_sink(allocator);
  GstBuffer* buffer = gst_buffer_new();
  gst_buffer_append_memory(buffer, fake_alloc(allocator, size, nullptr));
  gst_object_unref(allocator);  // its memory holds it
  return buffer;
}

// ------------------------------------------------------------------------------------------------ the pool

struct FakePool {
  GstBufferPool parent;
  guint size;
};
struct FakePoolClass {
  GstBufferPoolClass parent_class;
};
G_DEFINE_TYPE(FakePool, fake_pool, GST_TYPE_BUFFER_POOL)

const gchar** fake_pool_options(GstBufferPool*) {
  static const gchar* options[] = {GST_BUFFER_POOL_OPTION_VIDEO_META, nullptr};
  return options;
}
gboolean fake_pool_set_config(GstBufferPool* pool, GstStructure* config) {
  gst_buffer_pool_config_get_params(config, nullptr, &reinterpret_cast<FakePool*>(pool)->size, nullptr, nullptr);
  return GST_BUFFER_POOL_CLASS(fake_pool_parent_class)->set_config(pool, config);
}
GstFlowReturn fake_pool_alloc(GstBufferPool* pool, GstBuffer** buffer, GstBufferPoolAcquireParams*) {
  *buffer = make_buffer(reinterpret_cast<FakePool*>(pool)->size);
  return GST_FLOW_OK;
}
void fake_pool_class_init(FakePoolClass* klass) {
  GstBufferPoolClass* pool_class = GST_BUFFER_POOL_CLASS(klass);
  pool_class->get_options = fake_pool_options;
  pool_class->set_config = fake_pool_set_config;
  pool_class->alloc_buffer = fake_pool_alloc;
}
void fake_pool_init(FakePool*) {}

const FakeCudaControl kControl = {
    [] { host_maps = device_maps = waits = 0; },
    [] {
      return FakeCudaCounters{host_maps, device_maps, waits, contexts};
    },
    make_buffer,
    [](gint device) {
      GstObject* cuda_context = new_context(nullptr, device);
      GstContext* context = pack_context(cuda_context);
      gst_object_unref(cuda_context);
      return context;
    },
};

}  // namespace

EXPORT const FakeCudaControl* fake_cuda_control() {
  return &kControl;
}
EXPORT gboolean gst_cuda_load_library() {
  return TRUE;
}
EXPORT void gst_cuda_memory_init_once() {}
EXPORT GstObject* gst_cuda_context_new_wrapped(void* handle, int device) {
  return new_context(handle, device);
}
EXPORT GstContext* gst_context_new_cuda_context(GstObject* cuda_context) {
  return pack_context(cuda_context);
}
EXPORT gboolean gst_cuda_handle_set_context(GstElement*, GstContext* context, gint device, GstObject** cuda_context) {
  FakeContext* other = nullptr;
  if (*cuda_context != nullptr) return TRUE;
  if (std::strcmp(gst_context_get_context_type(context), kContextType) != 0) return FALSE;
  gst_structure_get(gst_context_get_structure(context), kContextType, fake_context_get_type(), &other, nullptr);
  if (other == nullptr) return FALSE;
  if (device == -1 || device == other->device) {
    *cuda_context = GST_OBJECT(other);
    return TRUE;
  }
  gst_object_unref(other);
  return FALSE;
}
EXPORT GstBufferPool* gst_cuda_buffer_pool_new(GstObject*) {
  auto* pool = GST_BUFFER_POOL(g_object_new(fake_pool_get_type(), nullptr));
  gst_object_ref_sink(pool);
  return pool;
}
EXPORT void gst_cuda_memory_sync(GstMemory*) {
  ++waits;
}
