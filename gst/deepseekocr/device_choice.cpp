// SPDX-License-Identifier: MIT
// Where the model runs, and what that means for the pipeline.
#include <array>
#include <cstdlib>
#include <cstring>

#include "deepseekocr/element.h"

namespace deepseekocr::plugin {
namespace {

constexpr const char* kCudaPrefix = "cuda:";

/// The number of the CUDA device that the model will run on.  What forbids it is told when the model is opened.
std::optional<int> find_cuda_device(const DsocrEngineApi* api, const DeviceChoice& wanted) {
  std::array<char, 16> name{};
  DsocrError error{};
  if (api->find_device(wanted.device.c_str(), wanted.precision, name.data(), name.size(), &error) != DSOCR_OK)
    return std::nullopt;
  if (!g_str_has_prefix(name.data(), kCudaPrefix)) return std::nullopt;
  return std::atoi(name.data() + std::strlen(kCudaPrefix));
}

}  // namespace

void choose_device(GstDeepseekOcr* self, const DeviceChoice& wanted) {
  GST_OBJECT_LOCK(self);
  Element& element = *self->impl;
  const DsocrEngineApi* api = element.api;
  const bool known = element.device_choice == wanted;
  GST_OBJECT_UNLOCK(self);
  if (known) return;
  const auto device = find_cuda_device(api, wanted);
  std::string complaint;
  auto cuda = device ? CudaContext::choose(GST_ELEMENT(self), *device, &complaint) : nullptr;
  if (!complaint.empty()) GST_INFO_OBJECT(self, "no frames in CUDA memory: %s", complaint.c_str());
  GST_OBJECT_LOCK(self);
  element.device_choice = wanted;
  element.on_cuda = device.has_value();
  cuda.swap(element.cuda);
  GST_OBJECT_UNLOCK(self);
}

void forget_device(GstDeepseekOcr* self) {
  std::shared_ptr<const CudaContext> cuda;  // goes without the lock
  GST_OBJECT_LOCK(self);
  self->impl->device_choice.reset();
  self->impl->on_cuda = false;
  cuda.swap(self->impl->cuda);
  GST_OBJECT_UNLOCK(self);
}

}  // namespace deepseekocr::plugin
