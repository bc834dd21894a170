// SPDX-License-Identifier: MIT
#include "serving/arguments.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <string>
#include <system_error>

#include "checkpoint/error.h"
#include "image/enum_number.h"
#include "image/image.h"

namespace deepseekocr {
namespace {

constexpr int kDefaultPending = 64;
constexpr int kMaxPending = 65536;
constexpr int kDefaultBatch = 8;
constexpr int kMaxBatch = 128;
constexpr int kMaxThreads = 1024;
constexpr int kMaxBatchTimeoutMs = 60000;
constexpr size_t kMaxPromptBytes = size_t{1} << 20;
constexpr size_t kMaxIds = size_t{1} << 20;
constexpr int kDefaultNgramSize = 30;
constexpr int kDefaultNgramWindow = 90;

void check_range(const char* name, int64_t value, int64_t least, int64_t most) {
  if (value >= least && value <= most) return;
  throw ArgumentError(std::string(name) + " is " + std::to_string(value) + ", but must be " + std::to_string(least) +
                      " to " + std::to_string(most) + ".");
}

void check_struct_size(const char* name, size_t size, size_t version_1) {
  if (size >= version_1) return;
  throw ArgumentError("struct_size of " + std::string(name) + " is " + std::to_string(size) +
                      ", but must be at least " + std::to_string(version_1) + ": set it to sizeof the struct.");
}

// version_1: what the first version of the struct had; fields appended since read as zero where the caller has none.
template <typename Struct>
Struct read_struct(const char* name, const Struct& source, size_t version_1 = sizeof(Struct)) {
  check_struct_size(name, source.struct_size, version_1);
  Struct copy{};
  std::memcpy(&copy, &source, std::min(source.struct_size, sizeof copy));
  return copy;
}

std::vector<int32_t> read_ids(const char* name, const int32_t* ids, size_t count) {
  if (count > kMaxIds) {
    throw ArgumentError(std::string(name) + " has " + std::to_string(count) + " ids, but at most " +
                        std::to_string(kMaxIds) + " are allowed.");
  }
  if (ids == nullptr && count > 0) throw ArgumentError(std::string(name) + " is NULL, but its count is not 0.");
  return {ids, ids + count};
}

bool is_cuda_device(const std::string& device) {
  const std::string prefix = "cuda:";
  return device.size() > prefix.size() && device.size() <= prefix.size() + 3 && device.starts_with(prefix) &&
         std::all_of(device.begin() + static_cast<ptrdiff_t>(prefix.size()), device.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

std::string read_model_path(const char* path) {
  if (path == nullptr || *path == '\0') throw ArgumentError("model_path is empty: name the folder with config.json.");
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_directory(canonical, error)) {
    throw EngineError(DSOCR_NOT_FOUND, "The model folder \"" + std::string(path) +
                                           "\" does not exist or cannot be read: model_path must name a folder with "
                                           "config.json and *.safetensors.");
  }
  return canonical.string();
}

std::string read_adapter_path(const char* path) {
  if (path == nullptr || *path == '\0') return "";
  std::error_code error;
  const std::filesystem::path canonical = std::filesystem::canonical(path, error);
  if (error || !std::filesystem::is_directory(canonical, error)) {
    throw EngineError(DSOCR_NOT_FOUND, "The adapter folder \"" + std::string(path) +
                                           "\" does not exist or cannot be read: adapter_path must name a folder with "
                                           "adapter_config.json and adapter_model.safetensors.");
  }
  return canonical.string();
}

std::string read_weight_cache(const char* path) {
  if (path == nullptr || *path == '\0') return "";
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (error) throw ArgumentError("weight_cache is \"" + std::string(path) + "\", which has no absolute path.");
  return absolute.string();
}

void read_prompt(const DsocrRequest& request, RequestSpec& spec) {
  if (request.ids_after_image != nullptr) {
    spec.ids = PromptIds{read_ids("ids_before_image", request.ids_before_image, request.ids_before_image_count),
                         read_ids("ids_after_image", request.ids_after_image, request.ids_after_image_count)};
  } else if (request.prompt != nullptr) {
    const size_t length = strnlen(request.prompt, kMaxPromptBytes + 1);
    if (length > kMaxPromptBytes)
      throw ArgumentError("prompt is longer than " + std::to_string(kMaxPromptBytes) + " bytes.");
    spec.prompt.assign(request.prompt, length);
  }
}

void read_ngram_rule(const DsocrRequest& request, RequestSpec& spec) {
  if (request.no_repeat_ngram_size == 1)
    throw ArgumentError("no_repeat_ngram_size is 1, but must be at least 2, 0 for the default or negative for off.");
  spec.ngram_size = request.no_repeat_ngram_size == 0 ? kDefaultNgramSize : std::max(0, request.no_repeat_ngram_size);
  spec.ngram_window = request.no_repeat_ngram_window < 0 ? kDefaultNgramWindow : request.no_repeat_ngram_window;
  if (request.ngram_whitelist != nullptr) {
    spec.ngram_whitelist = read_ids("ngram_whitelist", request.ngram_whitelist, request.ngram_whitelist_count);
  }
}

}  // namespace

std::string read_device(const char* device) {
  std::string name = device == nullptr || *device == '\0' ? "auto" : device;
  if (name == "cuda") name = "cuda:0";
  if (name == "auto" || name == "cpu" || is_cuda_device(name)) return name;
  throw ArgumentError("device is \"" + name + "\", but must be \"auto\", \"cpu\", \"cuda\" or \"cuda:N\".");
}

DsocrPrecision read_precision(DsocrPrecision precision) {
  check_range("precision", number_of(precision), DSOCR_PRECISION_AUTO, DSOCR_PRECISION_INT4);
  return precision;
}

DsocrOpenOptions read_options(const DsocrOpenOptions& options) {
  const DsocrOpenOptions copy = read_struct("DsocrOpenOptions", options, offsetof(DsocrOpenOptions, idle_timeout_ms));
  check_struct_size("DsocrOpenOptions.callbacks", copy.callbacks.struct_size, sizeof copy.callbacks);
  return copy;
}

DsocrRequest read_request(const DsocrRequest& request) {
  const DsocrRequest copy = read_struct("DsocrRequest", request, offsetof(DsocrRequest, stream));
  check_struct_size("DsocrRequest.image", copy.image.struct_size, sizeof copy.image);
  check_struct_size("DsocrRequest.callbacks", copy.callbacks.struct_size, sizeof copy.callbacks);
  return copy;
}

DsocrImage read_image(const DsocrImage& image, DsocrMemory memory) {
  const DsocrImage copy = read_struct("DsocrImage", image);
  check_range("memory", number_of(memory), DSOCR_MEMORY_HOST, DSOCR_MEMORY_CUDA);
  check_image(copy);
  return copy;
}

ModelKey model_key(const DsocrOpenOptions& options) {
  check_range("threads", options.threads, 0, kMaxThreads);
  check_range("kv_cache", number_of(options.kv_cache), DSOCR_KV_CACHE_AUTO, DSOCR_KV_CACHE_INT8);
  return {read_model_path(options.model_path),
          read_adapter_path(options.adapter_path),
          read_device(options.device),
          read_precision(options.precision),
          options.threads,
          options.kv_cache,
          read_weight_cache(options.weight_cache)};
}

std::shared_ptr<Client> make_client(const DsocrOpenOptions& options) {
  static std::atomic<uint64_t> last_id{0};
  check_range("max_pending", options.max_pending, 0, kMaxPending);
  check_range("batch_size", options.batch_size, 0, kMaxBatch);
  check_range("batch_timeout_ms", options.batch_timeout_ms, 0, kMaxBatchTimeoutMs);
  check_range("idle_timeout_ms", options.idle_timeout_ms, 0, INT32_MAX);
  ClientPolicy policy;
  policy.live = options.live != 0;
  policy.batch_size = options.batch_size == 0 ? kDefaultBatch : options.batch_size;
  policy.batch_timeout = std::chrono::milliseconds(options.batch_timeout_ms);
  policy.idle_timeout = std::chrono::milliseconds(options.idle_timeout_ms);
  const int pending = options.max_pending == 0 ? kDefaultPending : options.max_pending;
  return std::make_shared<Client>(++last_id, policy, static_cast<size_t>(pending), options.callbacks);
}

RequestSpec make_spec(const DsocrRequest& request) {
  RequestSpec spec;
  check_range("mode", number_of(request.mode), DSOCR_MODE_AUTO, DSOCR_MODE_GUNDAM);
  check_range("image_memory", number_of(request.image_memory), DSOCR_MEMORY_HOST, DSOCR_MEMORY_CUDA);
  if (request.max_tiles != 0) check_range("max_tiles", request.max_tiles, 2, 9);
  check_range("max_new_tokens", request.max_new_tokens, 0, INT32_MAX);
  read_prompt(request, spec);
  read_ngram_rule(request, spec);
  spec.mode = request.mode;
  spec.max_tiles = request.max_tiles;
  spec.max_new_tokens = request.max_new_tokens;
  spec.ignore_eos = request.ignore_eos != 0;
  spec.loop_guard = request.loop_guard >= 0;
  // Longer times than the clock can hold mean "none" for every practical purpose.
  spec.max_time = std::chrono::nanoseconds(std::min<uint64_t>(request.max_time, INT64_MAX));
  spec.callbacks = request.callbacks;
  spec.stream = request.stream;
  return spec;
}

}  // namespace deepseekocr
