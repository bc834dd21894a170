// SPDX-License-Identifier: MIT
// The engines of this process: one for each model, device, precision, number of threads and kind of cache.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "serving/engine.h"

namespace deepseekocr {

/// Finds the engine that clients share, and joins the threads of those that ended: at the next attach(), or when the
/// process exits.  There is one registry; it is never destroyed, so that threads may use it until they are joined.
class EngineRegistry {
 public:
  static EngineRegistry& instance();

  /// Has exit() end the engines before it destroys anything that was made before this call.
  static void shut_down_at_exit();

  /// Attaches the client to the engine of `key`; makes one where there is none or the last one failed or ended.
  /// @throws EngineError
  std::shared_ptr<Engine> attach(const ModelKey& key, const std::shared_ptr<Client>& client);

  /// Waits until engines without clients have ended; returns at once inside a callback, whose thread cannot wait for
  /// itself.
  void wait_unused();

 private:
  EngineRegistry() = default;
  void join_finished();
  std::vector<std::shared_ptr<Engine>> engines() const;  // under mutex_
  void shut_down();

  // Locked before the engines' locks.
  std::mutex mutex_;
  bool shut_down_ = false;
  std::map<ModelKey, std::shared_ptr<Engine>> current_;
  std::vector<std::shared_ptr<Engine>> retired_;  // replaced in current_, not yet joined
};

}  // namespace deepseekocr
