// SPDX-License-Identifier: MIT
// A pipeline that is run to its end.
#pragma once

#include <gst/gst.h>

#include <functional>
#include <string>

namespace subtitles {

/// Owns a pipeline; it is stopped when this is destroyed.
class Pipeline {
 public:
  /// @param description  as for gst-launch-1.0.
  /// @throws std::runtime_error if an element is missing.
  explicit Pipeline(const std::string& description);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  GstBin* bin() const { return GST_BIN(pipeline_); }
  /// The element with this name, owned by the pipeline.
  GstElement* element(const char* name) const;

  /// Waits until the pipeline is paused and knows its streams.  @throws std::runtime_error with the pipeline's error.
  void pause();
  /// Plays to the end; `tick` is called about five times a second.  @throws std::runtime_error with the pipeline's
  /// error.
  void play(const std::function<void()>& tick);
  /// Goes to NULL; called by the destructor too.
  void stop();

 private:
  /// @return whether `message` is what is waited for.
  bool handle(GstMessage* message, GstMessageType awaited);

  GstElement* pipeline_ = nullptr;
  GstBus* bus_ = nullptr;
  std::string missing_; /**< what no installed plugin can do */
};

/// Sets string property `name` where `value` is not empty.
void set_string(GstElement* element, const char* name, const std::string& value);

}  // namespace subtitles
