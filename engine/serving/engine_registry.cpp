// SPDX-License-Identifier: MIT
#include "serving/engine_registry.h"

#include <cstdlib>

#include "checkpoint/error.h"

namespace deepseekocr {

EngineRegistry& EngineRegistry::instance() {
  static EngineRegistry* const registry = [] {
    shut_down_at_exit();
    return new EngineRegistry;
  }();
  return *registry;
}

void EngineRegistry::shut_down_at_exit() {
  std::atexit([] { instance().shut_down(); });
}

std::shared_ptr<Engine> EngineRegistry::attach(const ModelKey& key, const std::shared_ptr<Client>& client) {
  const std::lock_guard lock(mutex_);
  if (shut_down_) throw EngineError(DSOCR_CLOSED, "No model can be opened while the process exits.");
  join_finished();
  std::shared_ptr<Engine> predecessor;
  if (const auto it = current_.find(key); it != current_.end()) {
    const Engine::Attach answer = it->second->attach(client);
    if (answer == Engine::Attach::attached) return it->second;
    // One that failed has no weights, and may keep its clients for long: nobody waits for it.
    if (answer == Engine::Attach::ended) predecessor = it->second;
    retired_.push_back(it->second);
    current_.erase(it);
  }
  auto engine = std::make_shared<Engine>(key, std::move(predecessor));
  engine->attach(client);
  engine->start();
  current_.emplace(key, engine);
  return engine;
}

void EngineRegistry::join_finished() {
  std::erase_if(retired_, [](const std::shared_ptr<Engine>& engine) { return engine->finished(); });
  std::erase_if(current_, [](const auto& entry) { return entry.second->finished(); });
}

std::vector<std::shared_ptr<Engine>> EngineRegistry::engines() const {
  std::vector<std::shared_ptr<Engine>> all = retired_;
  for (const auto& [key, engine] : current_) all.push_back(engine);
  return all;
}

void EngineRegistry::wait_unused() {
  if (CallbackThread::inside_callback()) return;
  std::vector<std::shared_ptr<Engine>> all;
  {
    const std::lock_guard lock(mutex_);
    all = engines();
  }
  for (const std::shared_ptr<Engine>& engine : all) engine->wait_while_unused();
}

void EngineRegistry::shut_down() {
  // exit() inside a callback: the thread cannot wait for itself.
  const bool may_wait = !CallbackThread::inside_callback();
  std::vector<std::shared_ptr<Engine>> all;
  {
    const std::lock_guard lock(mutex_);
    shut_down_ = true;
    all = engines();
  }
  for (const std::shared_ptr<Engine>& engine : all) engine->shut_down();
  if (!may_wait) return;
  for (const std::shared_ptr<Engine>& engine : all) engine->join();
}

}  // namespace deepseekocr
