// SPDX-License-Identifier: MIT
// Frames become requests of the engine.
#pragma once

#include <memory>

#include "deepseekocr/engine_client.h"
#include "deepseekocr/session.h"

namespace deepseekocr::plugin {

/// Submits what Session::admit() or Session::finish() handed out; its outcome goes to Session::finish(), also where the
/// engine refuses it.
/// @param may_wait  true: waits while the engine's queue is full (streaming thread of a file); false: gives the reading
///                  up then (live, and engine threads, which must never wait).
void submit(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client, Submission submission,
            bool may_wait);

/// Submits what was handed out, and asks the engine to give up `stale` (0: none) where it has not begun with it: the
/// frame that waits for its place is worth more.
void hand_over(const std::shared_ptr<Session>& session, const std::shared_ptr<EngineClient>& client,
               std::optional<Submission> due, uint64_t stale, bool may_wait);

}  // namespace deepseekocr::plugin
