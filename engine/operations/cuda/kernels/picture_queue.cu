// SPDX-License-Identifier: MIT
// Streams, memory and contexts for pictures.  The driver's functions are looked up in the driver that LibTorch has
// loaded, so that this library still needs none to be linked.
#include <cuda.h>
#include <dlfcn.h>

#include <array>
#include <memory>
#include <mutex>
#include <type_traits>

#include "operations/cuda/kernels/pictures.h"

namespace deepseekocr::cuda {

struct PictureQueue {
  int device;
  cudaStream_t stream;
  cudaMemPool_t pool;
};

namespace {

/// Bytes that a pool keeps when they are freed: the RGB of a picture of 3840×2160 and its views.
constexpr uint64_t kKeptBytes = uint64_t{64} << 20;
constexpr int kMostDevices = 128;

const char* text_of(cudaError_t error) {
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

/// What the runtime has no function for.
struct Driver {
  decltype(&cuCtxGetCurrent) get_current = nullptr;
  decltype(&cuCtxSetCurrent) set_current = nullptr;
  decltype(&cuPointerGetAttribute) get_attribute = nullptr;
  decltype(&cuMemcpy3DPeerAsync) copy_peer = nullptr;
  decltype(&cuGetErrorString) error_text = nullptr;

  Driver() {
    void* handle = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return;
    const auto find = [handle](auto& function, const char* name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
    };
    find(get_current, "cuCtxGetCurrent");
    find(set_current, "cuCtxSetCurrent");
    find(get_attribute, "cuPointerGetAttribute");
    find(copy_peer, "cuMemcpy3DPeerAsync");
    find(error_text, "cuGetErrorString");
  }
  bool complete() const {
    return get_current != nullptr && set_current != nullptr && get_attribute != nullptr && copy_peer != nullptr &&
           error_text != nullptr;
  }
  const char* text(CUresult result) const {
    if (result == CUDA_SUCCESS) return nullptr;
    const char* sentence = nullptr;
    error_text(result, &sentence);
    return sentence != nullptr ? sentence : "an error of the driver without a name";
  }
};

const Driver& driver() {
  static const Driver kDriver;
  return kDriver;
}
constexpr const char* kNoDriver = "the driver lacks functions that pictures in its memory need";

/// Makes the primary context of a device the thread's current one, and the caller's that it was before again.
class OnDevice {
 public:
  explicit OnDevice(int device) {
    known_ = driver().complete() && driver().get_current(&before_) == CUDA_SUCCESS;
    error_ = cudaSetDevice(device);
  }
  ~OnDevice() {
    if (known_) driver().set_current(before_);
  }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  const char* failure() const { return text_of(error_); }

 private:
  CUcontext before_ = nullptr;  ///< may be none
  bool known_;
  cudaError_t error_;
};

std::mutex pools_mutex;
std::array<cudaMemPool_t, kMostDevices> pools{};

/// The device's pool, made at the first call and kept for good.
cudaError_t find_pool(int device, cudaMemPool_t* pool) {
  if (device < 0 || device >= kMostDevices) return cudaErrorInvalidDevice;
  const std::lock_guard lock(pools_mutex);
  cudaMemPool_t& own = pools[static_cast<size_t>(device)];
  cudaError_t error = cudaSuccess;
  if (own == nullptr) {
    cudaMemPoolProps properties{};
    properties.allocType = cudaMemAllocationTypePinned;
    properties.location.type = cudaMemLocationTypeDevice;
    properties.location.id = device;
    error = cudaMemPoolCreate(&own, &properties);
    uint64_t kept = kKeptBytes;
    if (error == cudaSuccess) error = cudaMemPoolSetAttribute(own, cudaMemPoolAttrReleaseThreshold, &kept);
  }
  *pool = own;
  return error;
}

const char* create_queue(int device, PictureQueue** queue) {
  const OnDevice current(device);
  if (current.failure() != nullptr) return current.failure();
  auto own = std::make_unique<PictureQueue>();
  own->device = device;
  cudaError_t error = find_pool(device, &own->pool);
  if (error == cudaSuccess) error = cudaStreamCreateWithFlags(&own->stream, cudaStreamNonBlocking);
  if (error == cudaSuccess) *queue = own.release();
  return text_of(error);
}

void destroy_queue(PictureQueue* queue) {
  const OnDevice current(queue->device);
  cudaStreamSynchronize(queue->stream);
  cudaStreamDestroy(queue->stream);
  delete queue;
}

const char* wait(PictureQueue* queue) {
  const OnDevice current(queue->device);
  return text_of(cudaStreamSynchronize(queue->stream));
}

const char* allocate(PictureQueue* queue, size_t bytes, void** memory) {
  const OnDevice current(queue->device);
  const cudaError_t error = cudaMallocFromPoolAsync(memory, bytes, queue->pool, queue->stream);
  cudaGetLastError();  // an allocation that fails is no error of the next launch
  return text_of(error);
}

void free_memory(PictureQueue* queue, void* memory) {
  const OnDevice current(queue->device);
  cudaFreeAsync(memory, queue->stream);
}

void trim(int device) {
  const OnDevice current(device);
  cudaMemPool_t pool = nullptr;
  if (current.failure() == nullptr && find_pool(device, &pool) == cudaSuccess) cudaMemPoolTrimTo(pool, 0);
}

const char* copy(PictureQueue* queue, void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const OnDevice current(queue->device);
  return text_of(cudaMemcpyAsync(to, from, bytes, kind, queue->stream));
}

const char* upload(PictureQueue* queue, void* to, const void* host, size_t bytes) {
  return copy(queue, to, host, bytes, cudaMemcpyHostToDevice);
}

const char* download(PictureQueue* queue, void* host, const void* from, size_t bytes) {
  return copy(queue, host, from, bytes, cudaMemcpyDeviceToHost);
}

const char* fill(PictureQueue* queue, void* memory, uint8_t value, size_t bytes) {
  const OnDevice current(queue->device);
  return text_of(cudaMemsetAsync(memory, value, bytes, queue->stream));
}

CUdeviceptr address_of(const void* pointer) {
  return reinterpret_cast<CUdeviceptr>(pointer);
}

const char* locate(const void* address, int* device) {
  *device = -1;
  if (!driver().complete()) return kNoDriver;
  const CUresult result = driver().get_attribute(device, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, address_of(address));
  if (result != CUDA_SUCCESS) *device = -1;
  return result == CUDA_ERROR_INVALID_VALUE ? nullptr : driver().text(result);
}

/// Memory of a pool, and memory that was mapped, belongs to no context: all contexts of the device read it.
const char* owner(PictureQueue* queue, const void* address, void** context) {
  *context = nullptr;
  if (!driver().complete()) return kNoDriver;
  const OnDevice current(queue->device);
  if (current.failure() != nullptr) return current.failure();
  CUcontext primary = nullptr, own = nullptr;
  const char* failure = driver().text(driver().get_current(&primary));
  if (failure != nullptr) return failure;
  const CUresult result = driver().get_attribute(&own, CU_POINTER_ATTRIBUTE_CONTEXT, address_of(address));
  if (result == CUDA_SUCCESS && own != nullptr && own != primary) *context = own;
  return result == CUDA_ERROR_INVALID_VALUE ? nullptr : driver().text(result);
}

const char* fetch(PictureQueue* queue, const FetchArguments& a) {
  if (!driver().complete()) return kNoDriver;
  const OnDevice current(queue->device);
  if (current.failure() != nullptr) return current.failure();
  CUDA_MEMCPY3D_PEER copy{};
  copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.srcDevice = address_of(a.source);
  copy.srcPitch = a.source_stride;
  copy.srcHeight = a.rows;
  copy.dstMemoryType = CU_MEMORYTYPE_DEVICE;
  copy.dstDevice = address_of(a.out);
  copy.dstPitch = a.row_bytes;
  copy.dstHeight = a.rows;
  copy.WidthInBytes = a.row_bytes;
  copy.Height = a.rows;
  copy.Depth = 1;
  const char* failure = driver().text(driver().get_current(&copy.dstContext));
  copy.srcContext = a.context != nullptr ? static_cast<CUcontext>(a.context) : copy.dstContext;
  return failure != nullptr ? failure : driver().text(driver().copy_peer(&copy, queue->stream));
}

/// The queue's stream behind a launch.
template <typename Arguments, const char* (*Launch)(const Arguments&, cudaStream_t)>
const char* launch_on(PictureQueue* queue, const Arguments& arguments) {
  const OnDevice current(queue->device);
  return current.failure() != nullptr ? current.failure() : Launch(arguments, queue->stream);
}

}  // namespace

void add_picture_functions(Library& library) {
  library.create_queue = create_queue;
  library.destroy_queue = destroy_queue;
  library.wait = wait;
  library.allocate = allocate;
  library.free = free_memory;
  library.trim = trim;
  library.upload = upload;
  library.download = download;
  library.fill = fill;
  library.locate = locate;
  library.owner = owner;
  library.fetch = fetch;
  library.convert = launch_on<ConvertArguments, launch_convert>;
  library.resize_rows = launch_on<ResizeArguments, launch_resize_rows>;
  library.resize_columns = launch_on<ResizeArguments, launch_resize_columns>;
  library.count_edges = launch_on<EdgeArguments, launch_count_edges>;
  library.halve = launch_on<HalveArguments, launch_halve>;
}

}  // namespace deepseekocr::cuda
