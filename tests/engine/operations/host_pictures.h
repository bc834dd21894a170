// SPDX-License-Identifier: MIT
// The table of functions for pictures in device memory, on the host: "device memory" is memory of this process, kernels
// are loops over the functions of picture.h.  As on a device, nothing that is launched happens before somebody waits,
// so memory that is given up too early shows.
#pragma once

#include <algorithm>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "operations/cuda/library.h"

namespace deepseekocr::test {

/// One at a time, used by one thread at a time.
class HostPictures {
 public:
  HostPictures() { instance_ = this; }
  ~HostPictures() { instance_ = nullptr; }
  HostPictures(const HostPictures&) = delete;
  HostPictures& operator=(const HostPictures&) = delete;

  const cuda::Library& library() const { return library_; }

  int device = 0;  ///< in whose memory all addresses lie; −1: they are no device's
  /// Memory of another context: kernels cannot read it, `fetch` can with the right context.
  struct Foreign {
    const uint8_t* begin;
    const uint8_t* end;
    void* context;
  };
  std::vector<Foreign> foreign;
  std::string failing;   ///< the function that is to fail …
  int failing_call = 1;  ///< … at its so many-th call from now on

  std::vector<std::string> calls;     ///< in their order
  std::map<void*, size_t> allocated;  ///< what has not been freed, with its bytes
  int queues = 0;                     ///< that have not been destroyed
  int launches_waiting = 0;

  int count(const std::string& name) const { return static_cast<int>(std::count(calls.begin(), calls.end(), name)); }

 private:
  struct Queue {
    std::vector<std::function<void()>> work;
  };
  using Handle = cuda::PictureQueue*;

  static const char* begin(const std::string& name) {
    HostPictures& self = *instance_;
    self.calls.push_back(name);
    if (name != self.failing || --self.failing_call != 0) return nullptr;
    self.failing.clear();
    return "made to fail";
  }

  static const char* post(Handle handle, const std::string& name, std::function<void()> work) {
    if (const char* failure = begin(name)) return failure;
    reinterpret_cast<Queue*>(handle)->work.push_back(std::move(work));
    ++instance_->launches_waiting;
    return nullptr;
  }

  static const char* drain(Handle handle) {
    std::vector<std::function<void()>>& work = reinterpret_cast<Queue*>(handle)->work;
    for (const std::function<void()>& item : work) item();
    instance_->launches_waiting -= static_cast<int>(work.size());
    work.clear();
    return begin("wait");
  }

  static bool is_foreign(const void* address) {
    const auto* byte = static_cast<const uint8_t*>(address);
    return std::any_of(instance_->foreign.begin(), instance_->foreign.end(),
                       [&](const Foreign& memory) { return byte >= memory.begin && byte < memory.end; });
  }

  template <typename Arguments, void (*Body)(const Arguments&, int, int)>
  static const char* loop(Handle queue, const char* name, const Arguments& a, int width, int height) {
    return post(queue, name, [a, width, height] {
      for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) Body(a, x, y);
      }
    });
  }

  static const char* create_queue(int, Handle* queue) {
    if (const char* failure = begin("create_queue")) return failure;
    ++instance_->queues;
    *queue = reinterpret_cast<Handle>(new Queue);
    return nullptr;
  }
  static void destroy_queue(Handle queue) {
    drain(queue);
    --instance_->queues;
    delete reinterpret_cast<Queue*>(queue);
  }
  static const char* allocate(Handle, size_t bytes, void** memory) {
    if (const char* failure = begin("allocate")) return failure;
    *memory = new uint8_t[bytes];
    std::memset(*memory, 0xAB, bytes);
    instance_->allocated[*memory] = bytes;
    return nullptr;
  }
  static void free_memory(Handle queue, void* memory) {
    post(queue, "free", [memory] {
      instance_->allocated.erase(memory);
      delete[] static_cast<uint8_t*>(memory);
    });
  }
  static void trim(int) { begin("trim"); }
  static const char* upload(Handle queue, void* to, const void* host, size_t bytes) {
    return post(queue, "upload", [=] { std::memcpy(to, host, bytes); });
  }
  static const char* download(Handle queue, void* host, const void* from, size_t bytes) {
    return post(queue, "download", [=] { std::memcpy(host, from, bytes); });
  }
  static const char* fill(Handle queue, void* memory, uint8_t value, size_t bytes) {
    return post(queue, "fill", [=] { std::memset(memory, value, bytes); });
  }
  static const char* locate(const void*, int* device) {
    *device = instance_->device;
    return begin("locate");
  }
  static const char* owner(Handle, const void* address, void** context) {
    *context = nullptr;
    const auto* byte = static_cast<const uint8_t*>(address);
    for (const Foreign& memory : instance_->foreign) {
      if (byte >= memory.begin && byte < memory.end) *context = memory.context;
    }
    return begin("owner");
  }
  static const char* fetch(Handle queue, const cuda::FetchArguments& a) {
    void* expected = nullptr;
    owner(queue, a.source, &expected);
    if (a.context != expected) return "the source is of another context";
    return post(queue, "fetch", [a] {
      const auto* source = static_cast<const uint8_t*>(a.source);
      auto* out = static_cast<uint8_t*>(a.out);
      for (size_t row = 0; row < a.rows; ++row, source += a.source_stride, out += a.row_bytes)
        std::memcpy(out, source, a.row_bytes);
    });
  }
  static const char* convert(Handle queue, const cuda::ConvertArguments& a) {
    for (const cuda::Samples& samples : a.source.channels) {
      if (samples.data != nullptr && is_foreign(samples.data)) return "an illegal memory access was encountered";
    }
    return loop<cuda::ConvertArguments, cuda::convert>(queue, "convert", a, a.source.width, a.source.height);
  }
  static const char* resize_rows(Handle queue, const cuda::ResizeArguments& a) {
    return loop<cuda::ResizeArguments, cuda::resize_along_row>(queue, "resize_rows", a, a.width, a.height);
  }
  static const char* resize_columns(Handle queue, const cuda::ResizeArguments& a) {
    return loop<cuda::ResizeArguments, cuda::resize_along_column>(queue, "resize_columns", a, a.width, a.height);
  }
  static const char* count_edges(Handle queue, const cuda::EdgeArguments& a) {
    return loop<cuda::EdgeArguments, cuda::count_edges>(queue, "count_edges", a, a.columns, a.height);
  }
  static const char* halve(Handle queue, const cuda::HalveArguments& a) {
    if (is_foreign(a.first)) return "an illegal memory access was encountered";
    return loop<cuda::HalveArguments, cuda::halve>(queue, "halve", a, a.width, a.height);
  }

  static cuda::Library make_library() {
    cuda::Library library{};
    library.create_queue = create_queue;
    library.destroy_queue = destroy_queue;
    library.wait = drain;
    library.allocate = allocate;
    library.free = free_memory;
    library.trim = trim;
    library.upload = upload;
    library.download = download;
    library.fill = fill;
    library.locate = locate;
    library.owner = owner;
    library.fetch = fetch;
    library.convert = convert;
    library.resize_rows = resize_rows;
    library.resize_columns = resize_columns;
    library.count_edges = count_edges;
    library.halve = halve;
    return library;
  }

  inline static HostPictures* instance_ = nullptr;
  cuda::Library library_ = make_library();
};

}  // namespace deepseekocr::test
