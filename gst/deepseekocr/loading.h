// SPDX-License-Identifier: MIT
// How loading goes, as messages of the element.
#pragma once

#include <gst/gst.h>

#include <mutex>
#include <optional>
#include <string>

#include "deepseekocr/engine_client.h"
#include "deepseekocr/session.h"

namespace deepseekocr::plugin {

/// Posts PROGRESS messages (code "loading"): one start and one end, and again each time that an idle model is loaded
/// anew. Outlives the element where the engine still calls. Thread-safe.
class LoadReporter final : public LoadListener {
 public:
  explicit LoadReporter(GstElement* element) { g_weak_ref_init(&element_, element); }
  ~LoadReporter() override { g_weak_ref_clear(&element_); }
  LoadReporter(const LoadReporter&) = delete;
  LoadReporter& operator=(const LoadReporter&) = delete;

  void start(const std::string& model_path);
  void on_progress(int32_t percent, const std::string& what) override;
  void on_ready(const ModelInfo& info) override;
  void on_failed(DsocrStatus status, const std::string& sentence) override;
  std::string default_prompt() const override;
  uint64_t parameters() const override;
  /// Opening failed: ends with a PROGRESS error; the caller posts the ERROR.
  void refused(const std::string& sentence);
  /// The element lets go: ends with PROGRESS canceled where loading has not ended.  Nothing is heard afterwards.
  void cancel();

  /// Nothing before the model is ready.
  std::optional<ModelInfo> info() const;
  bool failed() const;

 private:
  enum class Phase { kIdle, kLoading, kReady, kFailed, kCancelled };
  /// Moves from loading to `phase`.  @return false: it had ended already.
  bool end(Phase phase);
  /// Moves from ready back to loading, and posts a start: an idle model is loaded anew.
  void restart_if_ready();
  bool loading() const;
  void post(GstProgressType type, const std::string& text);

  GWeakRef element_;
  mutable std::mutex mutex_;  // leaf lock, guards what follows
  Phase phase_ = Phase::kIdle;
  std::string model_path_;
  std::optional<ModelInfo> info_;
};

/// Domain and code of an ERROR for `status`.
void post_engine_error(GstElement* element, DsocrStatus status, const std::string& sentence);

}  // namespace deepseekocr::plugin
