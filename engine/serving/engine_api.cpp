// SPDX-License-Identifier: MIT
// The exported function and its table: arguments are checked and copied here, exceptions end here.
#include <deepseekocr/engine.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "checkpoint/error.h"
#include "image/luma.h"
#include "serving/arguments.h"
#include "serving/engine_registry.h"
#include "serving/error_boundary.h"
#include "serving/model_runner.h"

/// What a caller holds: its client and the engine that serves it.
struct DsocrClient {
  std::shared_ptr<deepseekocr::Client> client;
  std::shared_ptr<deepseekocr::Engine> engine;
};

namespace deepseekocr {
namespace {

// Stores the exception that is being handled.
DsocrStatus report(DsocrError* error) {
  const DsocrError current = current_error();
  if (error != nullptr) *error = current;
  return current.status;
}

template <typename Callbacks>
void call_release(const Callbacks& callbacks) {
  if (callbacks.release != nullptr) callbacks.release(callbacks.user_data);
}

DsocrStatus open_client(const DsocrOpenOptions* options, DsocrClient** client, DsocrError* error) {
  std::optional<DsocrOpenOptions> known;
  try {
    if (options == nullptr) throw ArgumentError("options is NULL.");
    known = read_options(*options);
    if (client == nullptr) throw ArgumentError("client is NULL: pass the address of a DsocrClient pointer.");
    *client = nullptr;
    auto handle = std::make_unique<DsocrClient>();
    const ModelKey key = model_key(*known);
    handle->client = make_client(*known);
    handle->engine = EngineRegistry::instance().attach(key, handle->client);
    *client = handle.release();
    return DSOCR_OK;
  } catch (...) {
    const DsocrStatus status = report(error);
    if (known) call_release(known->callbacks);
    return status;
  }
}

void close_client(DsocrClient* client) {
  if (client == nullptr) return;
  const std::unique_ptr<DsocrClient> handle(client);
  handle->engine->detach(handle->client);
}

std::shared_ptr<Request> make_request(const DsocrClient* client, const DsocrRequest& request) {
  static std::atomic<uint64_t> last_id{0};
  PixelRelease pixels(request.image);
  if (client == nullptr) throw ArgumentError("client is NULL: open one first.");
  return std::make_shared<Request>(++last_id, client->client, make_spec(request), request.image, request.image_memory,
                                   std::move(pixels));
}

DsocrStatus submit_request(DsocrClient* client, const DsocrRequest* request, uint64_t* request_id, DsocrError* error) {
  std::optional<DsocrRequest> known;
  std::shared_ptr<Request> made;
  try {
    if (request == nullptr) throw ArgumentError("request is NULL.");
    known = read_request(*request);
    made = make_request(client, *known);
    // done() may come before submit() returns: the caller knows the id by then.
    if (request_id != nullptr) *request_id = made->id;
    client->engine->submit(made);
    return DSOCR_OK;
  } catch (...) {
    const DsocrStatus status = report(error);
    if (request_id != nullptr) *request_id = 0;
    made.reset();
    if (known) call_release(known->callbacks);
    return status;
  }
}

void cancel_requests(DsocrClient* client, uint64_t request_id) {
  if (client != nullptr) client->engine->cancel(*client->client, request_id);
}

void get_client_stats(DsocrClient* client, DsocrStats* stats) {
  if (client == nullptr || stats == nullptr) return;
  // Who asks for the counters alone, at every frame perhaps, does not pay for the rest.
  const bool with_percentiles = stats->struct_size > offsetof(DsocrStats, queued);
  DsocrStats current = client->engine->stats(*client->client, with_percentiles);
  current.struct_size = stats->struct_size;
  std::memcpy(stats, &current, std::min(stats->struct_size, sizeof current));
}

DsocrStatus name_device(const char* device, DsocrPrecision precision, char* name, size_t name_size, DsocrError* error) {
  try {
    if (name == nullptr) throw ArgumentError("name is NULL: pass an array of 16 bytes.");
    const std::string found = find_device(read_device(device), read_precision(precision));
    if (found.size() >= name_size) {
      throw ArgumentError("name_size is " + std::to_string(name_size) + ", but \"" + found + "\" takes " +
                          std::to_string(found.size() + 1) + " bytes.");
    }
    std::memcpy(name, found.c_str(), found.size() + 1);
    return DSOCR_OK;
  } catch (...) {
    return report(error);
  }
}

DsocrStatus halve_picture(const DsocrImage* image, DsocrMemory memory, uint8_t* out, int32_t stride,
                          DsocrError* error) {
  try {
    if (image == nullptr) throw ArgumentError("image is NULL.");
    if (out == nullptr) throw ArgumentError("out is NULL.");
    const DsocrImage known = read_image(*image, memory);
    const LumaSource source = luma_source(known);
    if (stride < source.width) {
      throw ArgumentError("stride is " + std::to_string(stride) + ", but a row takes " + std::to_string(source.width) +
                          " bytes.");
    }
    if (source.width == 0 || source.height == 0) return DSOCR_OK;
    if (memory == DSOCR_MEMORY_CUDA) {
      halve_device_luma(known, out, stride);
    } else {
      halve_luma(known, out, stride);
    }
    return DSOCR_OK;
  } catch (...) {
    return report(error);
  }
}

void wait_unused() {
  EngineRegistry::instance().wait_unused();
}

}  // namespace
}  // namespace deepseekocr

extern "C" __attribute__((visibility("default"))) const DsocrEngineApi* deepseekocr_engine_api(uint32_t version) {
  static const DsocrEngineApi api = {
      .version = DSOCR_API_VERSION,
      .struct_size = sizeof(DsocrEngineApi),
      .description = deepseekocr::model_library_name(),
      .open = deepseekocr::open_client,
      .close = deepseekocr::close_client,
      .submit = deepseekocr::submit_request,
      .cancel = deepseekocr::cancel_requests,
      .get_stats = deepseekocr::get_client_stats,
      .wait_unused = deepseekocr::wait_unused,
      .find_device = deepseekocr::name_device,
      .halve_luma = deepseekocr::halve_picture,
  };
  return version == DSOCR_API_VERSION ? &api : nullptr;
}
