// SPDX-License-Identifier: MIT
#include "deepseekocr/cuda/cuda_library.h"

#include <gmodule.h>

#include <optional>

namespace deepseekocr::plugin {
namespace {

/// Names with a version: those of development packages are not there where programs run.
constexpr const char* kDriver = "libcuda.so.1";
constexpr const char* kGstCuda = "libgstcuda-1.0.so.0";

struct Opened {
  std::optional<CudaLibrary> library;
  std::string complaint;
};

/// Looks functions up in one library, and remembers the first that is missing.
class Symbols {
 public:
  explicit Symbols(const char* name) : name_(name), module_(g_module_open(name, G_MODULE_BIND_LOCAL)) {
    if (module_ == nullptr) complaint_ = std::string(g_module_error());
    if (module_ != nullptr) g_module_make_resident(module_);
  }

  template <typename Function>
  void find(const char* symbol, Function* function, bool required = true) {
    gpointer address = nullptr;
    const bool found = module_ != nullptr && g_module_symbol(module_, symbol, &address) && address != nullptr;
    *function = found ? reinterpret_cast<Function>(address) : nullptr;
    if (!found && required && complaint_.empty()) complaint_ = std::string(name_) + " has no " + symbol;
  }

  const std::string& complaint() const { return complaint_; }

 private:
  const char* name_;
  GModule* module_;
  std::string complaint_;
};

Opened open_libraries() {
  CudaLibrary library{};
  Symbols driver(kDriver);
  driver.find("cuInit", &library.initialise);
  driver.find("cuDeviceGet", &library.get_device);
  driver.find("cuDevicePrimaryCtxRetain", &library.retain_primary_context);
  if (!driver.complaint().empty()) return {std::nullopt, driver.complaint()};
  Symbols gst(kGstCuda);
  gst.find("gst_cuda_load_library", &library.load);
  void (*prepare_memory)() = nullptr;
  gst.find("gst_cuda_memory_init_once", &prepare_memory);
  gst.find("gst_cuda_context_new_wrapped", &library.wrap_context);
  gst.find("gst_context_new_cuda_context", &library.make_context);
  gst.find("gst_cuda_handle_set_context", &library.take_context);
  gst.find("gst_cuda_buffer_pool_new", &library.make_pool);
  gst.find("gst_cuda_memory_sync", &library.wait_written, /*required=*/false);
  if (!gst.complaint().empty()) return {std::nullopt, gst.complaint()};
  if (library.load == nullptr || prepare_memory == nullptr || !library.load())
    return {std::nullopt, std::string(kGstCuda) + " cannot use the driver"};
  prepare_memory();  // else pools find no allocator before a decoder was loaded
  return {library, ""};
}

}  // namespace

const CudaLibrary* cuda_library(std::string* complaint) {
  static const Opened kOpened = open_libraries();
  if (complaint != nullptr) *complaint = kOpened.complaint;
  return kOpened.library ? &*kOpened.library : nullptr;
}

}  // namespace deepseekocr::plugin
