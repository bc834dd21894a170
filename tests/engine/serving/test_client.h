// SPDX-License-Identifier: MIT
// What a program around the engine does: opens clients, submits pictures, remembers every callback.
#pragma once

#include <deepseekocr/engine.h>

#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace deepseekocr::testing {

const DsocrEngineApi& api();

/// A folder that is removed at the end; where the fake model seems to lie.
class ModelFolder {
 public:
  ModelFolder();
  ~ModelFolder();
  ModelFolder(const ModelFolder&) = delete;
  ModelFolder& operator=(const ModelFolder&) = delete;

  std::string path() const { return path_.string(); }
  /// Writes a tokenizer.json with one token for each byte (id 100 + byte) and added tokens from id 400 on: `<td>`,
  /// `</td>`, `<image>`, `<|ref|>`, `<|/ref|>`, `<|det|>`, `<|/det|>`.
  void add_tokenizer() const;

 private:
  std::filesystem::path path_;
};

/// Ids of the bytes of a text under that tokenizer.
std::vector<int32_t> ids_of(const std::string& bytes);

/// A copy of a DsocrResult.
struct Reading {
  DsocrFinishReason reason = DSOCR_FINISH_ERROR;
  DsocrStatus status = DSOCR_OK;
  std::string error, text, plain_text, pieces;
  bool invalid_utf8 = false;
  std::vector<int32_t> ids;
  std::vector<std::string> labels;
  std::vector<DsocrRect> boxes;
  int prompt_tokens = 0, image_tokens = 0;
  float confidence_mean = 0, confidence_min = 0;
  std::vector<std::pair<std::string, float>> lines;  // with their mean confidence
  DsocrTimings timings{};
};

/// One request and what became of it.
class TestRequest {
 public:
  /// A grey 64 × 64 picture with ids_before {0} and ids_after {key}.
  explicit TestRequest(int32_t key = 7);

  DsocrRequest request{};
  /// Run inside done(), before wait() returns.
  std::function<void()> on_done;
  /// Run at each text(), before wait_for_text() sees the piece.
  std::function<void()> on_text;

  DsocrStatus submit(DsocrClient* client, std::string* message = nullptr);
  uint64_t id() const { return id_; }
  /// Waits for done() and release().
  Reading wait();
  bool is_done();
  int done_calls();
  int release_calls();
  int pixel_releases();
  /// Lends the pixels instead of having them copied.
  void lend_pixels();
  void use_prompt(const char* prompt);
  void wait_for_text(const std::string& pieces);

 private:
  static void on_text_call(void* self, uint64_t id, const char* piece);
  static void on_done_call(void* self, const DsocrResult* result);
  static void on_release(void* self);
  static void on_pixels(void* self);

  std::vector<uint8_t> pixels_;
  std::vector<int32_t> before_, after_;
  std::mutex mutex_;
  std::condition_variable changed_;
  Reading reading_;
  uint64_t id_ = 0;
  uint64_t reported_id_ = 0;
  int done_ = 0, released_ = 0, pixels_released_ = 0;
};

/// A client and its events.
class TestClient {
 public:
  explicit TestClient(const std::string& model_path);
  /// Closes, if it is still open, and waits for release().
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  DsocrOpenOptions options{};
  DsocrClient* handle = nullptr;

  DsocrStatus open(std::string* message = nullptr);
  void close();
  void wait_until_ready();
  /// Waits until ready() was called so many times: once more after each unloading.
  void wait_until_ready(int times);
  void wait_until_failed();
  void wait_until_released();
  DsocrStats stats() const;

  bool is_ready();
  bool is_released();
  int releases();
  std::string failure();
  std::vector<int> progress();
  std::string model_name();

 private:
  static void on_progress(void* self, int32_t percent, const char* what);
  static void on_ready(void* self, const DsocrModelInfo* info);
  static void on_failed(void* self, const DsocrError* error);
  static void on_release(void* self);
  void wait(const bool& flag);

  std::string path_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool opened_ = false, ready_ = false, failed_ = false, released_ = false;
  int releases_ = 0, readies_ = 0;
  std::string failure_, name_;
  std::vector<int> progress_;
};

}  // namespace deepseekocr::testing
