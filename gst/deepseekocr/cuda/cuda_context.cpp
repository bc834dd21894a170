// SPDX-License-Identifier: MIT
#include "deepseekocr/cuda/cuda_context.h"

#include <gst/video/video.h>

#include <map>
#include <mutex>

#include "deepseekocr/cuda/cuda_library.h"

namespace deepseekocr::plugin {
namespace {

/// The wrapped contexts of this process, by device: elements that compare contexts compare addresses.
class WrappedContexts {
 public:
  /// Never destroyed: GObject knows the addresses of its weak references.
  static WrappedContexts& instance() {
    static auto* const contexts = new WrappedContexts;
    return *contexts;
  }

  /// @return a reference, NULL with a clause where CUDA refuses
  GstObject* of_device(const CudaLibrary& library, int number, std::string* complaint) {
    const std::lock_guard lock(mutex_);
    WeakContext& known = known_[number];
    if (auto* context = static_cast<GstObject*>(g_weak_ref_get(&known.reference))) return context;
    GstObject* made = wrap_primary(library, number, complaint);
    if (made != nullptr) g_weak_ref_set(&known.reference, made);
    return made;
  }

 private:
  struct WeakContext {
    WeakContext() { g_weak_ref_init(&reference, nullptr); }
    GWeakRef reference;
  };

  /// The primary context is retained for good: what was allocated in it may outlive the element.
  static GstObject* wrap_primary(const CudaLibrary& library, int number, std::string* complaint) {
    int device = 0;
    void* primary = nullptr;
    int error = library.initialise(0);
    if (error == 0) error = library.get_device(&device, number);
    if (error == 0) error = library.retain_primary_context(&primary, device);
    GstObject* context = error == 0 ? library.wrap_context(primary, device) : nullptr;
    if (context == nullptr) *complaint = "CUDA gives no context (its error " + std::to_string(error) + ")";
    return context;
  }

  std::mutex mutex_;                  // guards known_
  std::map<int, WeakContext> known_;  // its nodes stay where they are, as weak references must
};

/// The context that the element has, asked for once more: a bin or the application answers at once if it has one.
GstContext* given_context(GstElement* element) {
  GstContext* context = gst_element_get_context(element, kCudaContextType);
  if (context != nullptr) return context;
  gst_element_post_message(element, gst_message_new_need_context(GST_OBJECT(element), kCudaContextType));
  return gst_element_get_context(element, kCudaContextType);
}

bool has_meta(GstQuery* query, GType api) {
  return gst_query_find_allocation_meta(query, api, nullptr);
}

}  // namespace

std::shared_ptr<const CudaContext> CudaContext::choose(GstElement* element, int device, std::string* complaint) {
  const CudaLibrary* library = cuda_library(complaint);
  if (library == nullptr) return nullptr;
  GstObject* cuda_context = nullptr;
  if (GstContext* given = given_context(element)) {
    library->take_context(element, given, device, &cuda_context);
    if (cuda_context != nullptr) return std::shared_ptr<const CudaContext>(new CudaContext(cuda_context, given));
    gst_context_unref(given);  // of another device
  }
  cuda_context = WrappedContexts::instance().of_device(*library, device, complaint);
  if (cuda_context == nullptr) return nullptr;
  GstContext* context = library->make_context(cuda_context);
  gst_element_set_context(element, context);
  gst_element_post_message(element, gst_message_new_have_context(GST_OBJECT(element), gst_context_ref(context)));
  return std::shared_ptr<const CudaContext>(new CudaContext(cuda_context, context));
}

CudaContext::~CudaContext() {
  gst_context_unref(context_);
  gst_object_unref(cuda_context_);
}

bool CudaContext::answer(GstQuery* query) const {
  const gchar* type = nullptr;
  if (!gst_query_parse_context_type(query, &type) || g_strcmp0(type, kCudaContextType) != 0) return false;
  gst_query_set_context(query, context_);
  return true;
}

void CudaContext::propose_pool(GstQuery* query) const {
  GstCaps* caps = nullptr;
  gst_query_parse_allocation(query, &caps, nullptr);
  GstVideoInfo info;
  if (caps == nullptr || !gst_video_info_from_caps(&info, caps)) return;
  if (!has_meta(query, GST_VIDEO_META_API_TYPE)) gst_query_add_allocation_meta(query, GST_VIDEO_META_API_TYPE, nullptr);
  if (gst_query_get_n_allocation_pools(query) > 0) return;
  const BufferPoolPtr pool(cuda_library()->make_pool(cuda_context_));
  if (pool == nullptr) return;
  GstStructure* config = gst_buffer_pool_get_config(pool.get());
  const auto size = static_cast<guint>(GST_VIDEO_INFO_SIZE(&info));
  gst_buffer_pool_config_set_params(config, caps, size, 0, 0);
  gst_buffer_pool_config_add_option(config, GST_BUFFER_POOL_OPTION_VIDEO_META);
  if (!gst_buffer_pool_set_config(pool.get(), config)) return;
  gst_query_add_allocation_pool(query, pool.get(), size, 0, 0);
}

}  // namespace deepseekocr::plugin
