// SPDX-License-Identifier: MIT
#include "operations/cuda/support.h"

#include <ATen/Context.h>
#include <dlfcn.h>

#include <filesystem>

#include "checkpoint/error.h"

namespace deepseekocr::cuda {
namespace {

#ifdef HAVE_CUDA_LIBRARY
constexpr bool kBuiltWithCuda = true;
#else
constexpr bool kBuiltWithCuda = false;
#endif
constexpr const char* kLibraryName = "libdeepseekocr-engine-cuda.so";

std::string loader_message() {
  const char* message = dlerror();
  return message == nullptr ? "no reason given" : message;
}

/// How many devices the driver offers; what keeps it from saying so goes to `complaint`.
int count_devices(std::string& complaint) {
  void* driver = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
  if (driver == nullptr) {
    complaint = "no NVIDIA driver is installed (" + loader_message() + ")";
    return 0;
  }
  const auto initialise = reinterpret_cast<int (*)(unsigned)>(dlsym(driver, "cuInit"));
  const auto get_count = reinterpret_cast<int (*)(int*)>(dlsym(driver, "cuDeviceGetCount"));
  int count = 0;
  const int error = initialise == nullptr || get_count == nullptr ? -1 : initialise(0);
  if (error != 0 || get_count(&count) != 0 || count == 0) {
    complaint = "the NVIDIA driver finds no device (its error " + std::to_string(error) + ")";
  }
  return count;
}

/// Our library lies beside the one, or the program, that holds this function; else where the loader looks.
void* open_kernels() {
  Dl_info own = {};
  if (dladdr(reinterpret_cast<void*>(&open_kernels), &own) != 0 && own.dli_fname != nullptr) {
    const std::filesystem::path beside = std::filesystem::path(own.dli_fname).parent_path() / kLibraryName;
    std::error_code error;
    if (std::filesystem::exists(beside, error)) return dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL);
  }
  return dlopen(kLibraryName, RTLD_NOW | RTLD_LOCAL);
}

const Library* load_kernels(std::string& complaint) {
  void* handle = open_kernels();
  if (handle == nullptr) {
    complaint = "the engine's CUDA library cannot be opened (" + loader_message() + ")";
    return nullptr;
  }
  const auto function = reinterpret_cast<LibraryFunction>(dlsym(handle, kLibrarySymbol));
  const Library* library = function == nullptr ? nullptr : function(kLibraryVersion);
  if (library == nullptr) complaint.append(kLibraryName).append(" is of another version than the engine");
  return library;
}

Support load() {
  Support support;
  if (!kBuiltWithCuda) {
    support.complaint = "this build has no CUDA support";
    return support;
  }
  support.devices = count_devices(support.complaint);
  if (!support.complaint.empty()) return support;
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_LOCAL) == nullptr) {
    support.complaint = "LibTorch's CUDA part cannot be opened (" + loader_message() + ")";
  } else if (!at::hasCUDA()) {
    support.complaint = "LibTorch found no CUDA when it was first asked, before its CUDA part was opened";
  } else {
    support.library = load_kernels(support.complaint);
  }
  return support;
}

}  // namespace

const Support& support() {
  static const Support kSupport = load();
  return kSupport;
}

DeviceProperties device_properties(int device) {
  DeviceProperties properties{};
  check(support().library->device(device, &properties));
  return properties;
}

void check(const char* complaint) {
  if (complaint != nullptr) throw EngineError(DSOCR_INTERNAL, "CUDA reports: " + std::string(complaint) + ".");
}

}  // namespace deepseekocr::cuda
