// SPDX-License-Identifier: MIT
#include "test_client.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <nlohmann/json.hpp>

namespace deepseekocr::testing {
namespace {

constexpr int kSide = 64;
constexpr int32_t kFirstByteId = 100;
constexpr int32_t kFirstAddedId = 400;

// The letter that byte-level BPE writes for a byte.
std::string byte_letter(int byte) {
  const auto printable = [](int b) { return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174; };
  int code = byte;
  if (!printable(byte)) {
    code = 256;
    for (int b = 0; b < byte; ++b) code += printable(b) ? 0 : 1;
  }
  if (code < 0x80) return {static_cast<char>(code)};
  return {static_cast<char>(0xC0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3F))};
}

}  // namespace

const DsocrEngineApi& api() {
  return *deepseekocr_engine_api(DSOCR_API_VERSION);
}

ModelFolder::ModelFolder() {
  static std::atomic<int> count{0};
  path_ = std::filesystem::temp_directory_path() /
          ("deepseekocr-serving-" + std::to_string(getpid()) + "-" + std::to_string(++count));
  std::filesystem::create_directories(path_);
}

ModelFolder::~ModelFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ModelFolder::add_tokenizer() const {
  nlohmann::json vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary[byte_letter(byte)] = kFirstByteId + byte;
  nlohmann::json added = nlohmann::json::array();
  int32_t id = kFirstAddedId;
  for (const char* token : {"<td>", "</td>", "<image>", "<|ref|>", "<|/ref|>", "<|det|>", "<|/det|>"}) {
    added.push_back({{"id", id++},
                     {"content", token},
                     {"single_word", false},
                     {"lstrip", false},
                     {"rstrip", false},
                     {"normalized", false},
                     {"special", true}});
  }
  const nlohmann::json byte_level = {
      {"type", "ByteLevel"}, {"add_prefix_space", false}, {"trim_offsets", true}, {"use_regex", false}};
  const nlohmann::json tokenizer = {
      {"version", "1.0"},
      {"added_tokens", added},
      {"normalizer", nullptr},
      {"pre_tokenizer", byte_level},
      {"decoder", byte_level},
      {"post_processor", nullptr},
      {"truncation", nullptr},
      {"padding", nullptr},
      {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", nlohmann::json::array()}}}};
  std::ofstream(path_ / "tokenizer.json") << tokenizer.dump();
}

std::vector<int32_t> ids_of(const std::string& bytes) {
  std::vector<int32_t> ids;
  for (const char byte : bytes) ids.push_back(kFirstByteId + static_cast<unsigned char>(byte));
  return ids;
}

// ------------------------------------------------------------------------------------------------ TestRequest

TestRequest::TestRequest(int32_t key) : pixels_(size_t{kSide} * kSide, 200), before_{0}, after_{key} {
  request.struct_size = sizeof request;
  request.image.struct_size = sizeof request.image;
  request.image.format = DSOCR_FORMAT_GRAY8;
  request.image.width = kSide;
  request.image.height = kSide;
  request.image.planes[0] = pixels_.data();
  request.image.strides[0] = kSide;
  request.mode = DSOCR_MODE_TINY;
  request.ids_before_image = before_.data();
  request.ids_before_image_count = before_.size();
  request.ids_after_image = after_.data();
  request.ids_after_image_count = after_.size();
  request.no_repeat_ngram_window = -1;
  request.callbacks.struct_size = sizeof request.callbacks;
  request.callbacks.user_data = this;
  request.callbacks.text = on_text_call;
  request.callbacks.done = on_done_call;
  request.callbacks.release = on_release;
}

DsocrStatus TestRequest::submit(DsocrClient* client, std::string* message) {
  DsocrError error{};
  const DsocrStatus status = api().submit(client, &request, &id_, &error);
  if (message != nullptr) *message = error.message;
  return status;
}

void TestRequest::lend_pixels() {
  request.image.release = on_pixels;
  request.image.release_data = this;
}

void TestRequest::use_prompt(const char* prompt) {
  request.prompt = prompt;
  request.ids_before_image = request.ids_after_image = nullptr;
}

Reading TestRequest::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return released_ > 0; });
  EXPECT_EQ(reported_id_, id_);
  return reading_;
}

void TestRequest::wait_for_text(const std::string& pieces) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return reading_.pieces == pieces || done_ > 0; });
}

bool TestRequest::is_done() {
  return done_calls() > 0;
}

int TestRequest::done_calls() {
  const std::lock_guard lock(mutex_);
  return done_;
}
int TestRequest::release_calls() {
  const std::lock_guard lock(mutex_);
  return released_;
}
int TestRequest::pixel_releases() {
  const std::lock_guard lock(mutex_);
  return pixels_released_;
}

void TestRequest::on_text_call(void* self, uint64_t /*id*/, const char* piece) {
  auto& request = *static_cast<TestRequest*>(self);
  if (request.on_text) request.on_text();
  const std::lock_guard lock(request.mutex_);
  EXPECT_EQ(request.done_, 0) << "text after done()";
  EXPECT_NE(*piece, '\0');
  request.reading_.pieces += piece;
  request.changed_.notify_all();
}

void TestRequest::on_done_call(void* self, const DsocrResult* result) {
  auto& request = *static_cast<TestRequest*>(self);
  if (request.on_done) request.on_done();
  const std::lock_guard lock(request.mutex_);
  Reading& reading = request.reading_;
  reading.reason = result->finish_reason;
  if (result->error != nullptr) {
    reading.status = result->error->status;
    reading.error = result->error->message;
  }
  EXPECT_EQ(result->error != nullptr, result->finish_reason == DSOCR_FINISH_ERROR);
  reading.text = result->text;
  reading.plain_text = result->plain_text;
  reading.invalid_utf8 = result->invalid_utf8 != 0;
  reading.ids.assign(result->ids, result->ids + result->token_count);
  for (size_t i = 0; i < result->region_count; ++i) {
    reading.labels.emplace_back(result->regions[i].label);
    reading.boxes.push_back(result->regions[i].box);
  }
  reading.prompt_tokens = result->prompt_tokens;
  reading.image_tokens = result->image_tokens;
  reading.confidence_mean = result->confidence_mean;
  reading.confidence_min = result->confidence_min;
  for (size_t i = 0; i < result->line_count; ++i)
    reading.lines.emplace_back(result->lines[i].text, result->lines[i].confidence_mean);
  reading.timings = result->timings;
  request.reported_id_ = result->request_id;
  EXPECT_EQ(request.released_, 0) << "done() after release()";
  ++request.done_;
  request.changed_.notify_all();
}

void TestRequest::on_release(void* self) {
  auto& request = *static_cast<TestRequest*>(self);
  const std::lock_guard lock(request.mutex_);
  ++request.released_;
  request.changed_.notify_all();
}

void TestRequest::on_pixels(void* self) {
  auto& request = *static_cast<TestRequest*>(self);
  const std::lock_guard lock(request.mutex_);
  EXPECT_EQ(request.released_, 0) << "pixels after release()";
  ++request.pixels_released_;
}

// ------------------------------------------------------------------------------------------------ TestClient

TestClient::TestClient(const std::string& model_path) : path_(model_path) {
  options.struct_size = sizeof options;
  options.model_path = path_.c_str();
  options.callbacks.struct_size = sizeof options.callbacks;
  options.callbacks.user_data = this;
  options.callbacks.progress = on_progress;
  options.callbacks.ready = on_ready;
  options.callbacks.failed = on_failed;
  options.callbacks.release = on_release;
}

TestClient::~TestClient() {
  close();
  if (opened_) wait_until_released();
}

DsocrStatus TestClient::open(std::string* message) {
  DsocrError error{};
  const DsocrStatus status = api().open(&options, &handle, &error);
  opened_ = status == DSOCR_OK;
  if (message != nullptr) *message = error.message;
  return status;
}

void TestClient::close() {
  api().close(std::exchange(handle, nullptr));
}

void TestClient::wait(const bool& flag) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return flag; });
}
void TestClient::wait_until_ready() {
  wait(ready_);
}
void TestClient::wait_until_ready(int times) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return readies_ >= times; });
}
void TestClient::wait_until_failed() {
  wait(failed_);
}
void TestClient::wait_until_released() {
  wait(released_);
}

DsocrStats TestClient::stats() const {
  DsocrStats stats{};
  stats.struct_size = sizeof stats;
  api().get_stats(handle, &stats);
  return stats;
}

bool TestClient::is_ready() {
  const std::lock_guard lock(mutex_);
  return ready_;
}
bool TestClient::is_released() {
  const std::lock_guard lock(mutex_);
  return released_;
}
int TestClient::releases() {
  const std::lock_guard lock(mutex_);
  return releases_;
}
std::string TestClient::failure() {
  const std::lock_guard lock(mutex_);
  return failure_;
}
std::vector<int> TestClient::progress() {
  const std::lock_guard lock(mutex_);
  return progress_;
}
std::string TestClient::model_name() {
  const std::lock_guard lock(mutex_);
  return name_;
}

void TestClient::on_progress(void* self, int32_t percent, const char* what) {
  auto& client = *static_cast<TestClient*>(self);
  const std::lock_guard lock(client.mutex_);
  EXPECT_NE(*what, '\0');
  EXPECT_FALSE(client.failed_);
  // Only a model that was unloaded is loaded again.
  EXPECT_FALSE(client.ready_ && client.options.idle_timeout_ms == 0) << "progress after ready()";
  client.ready_ = false;
  client.progress_.push_back(percent);
}

void TestClient::on_ready(void* self, const DsocrModelInfo* info) {
  auto& client = *static_cast<TestClient*>(self);
  const std::lock_guard lock(client.mutex_);
  EXPECT_FALSE(client.ready_ || client.failed_ || client.released_);
  client.ready_ = true;
  ++client.readies_;
  client.name_ = info->name;
  client.changed_.notify_all();
}

void TestClient::on_failed(void* self, const DsocrError* error) {
  auto& client = *static_cast<TestClient*>(self);
  const std::lock_guard lock(client.mutex_);
  EXPECT_FALSE(client.ready_ || client.failed_ || client.released_);
  client.failed_ = true;
  client.failure_ = error->message;
  client.changed_.notify_all();
}

void TestClient::on_release(void* self) {
  auto& client = *static_cast<TestClient*>(self);
  const std::lock_guard lock(client.mutex_);
  client.released_ = true;
  ++client.releases_;
  client.changed_.notify_all();
}

}  // namespace deepseekocr::testing
