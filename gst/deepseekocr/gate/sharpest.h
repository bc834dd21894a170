// SPDX-License-Identifier: MIT
// sharpest-of inside the element: frames that are due are collected, the sharpest of a window is read.  All of this
// belongs to the streaming thread.
#pragma once

#include "deepseekocr/element.h"
#include "deepseekocr/gate/verdict.h"

namespace deepseekocr::plugin {

/// Reads what was collected, if a frame of `size` bytes at `pts` comes after the end of the window.  @return false:
/// stopped
bool end_window_before(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, uint64_t pts, uint64_t size);

/// Reads what was collected: the stream ends, turns to something else, or waits.  @return false: stopped
bool end_window(GstDeepseekOcr* self, const std::shared_ptr<Session>& session);

/// Takes a frame that is due into the window, its buffer only if it is the sharpest so far.
/// @param candidate  the frame as it would be read; its slot is used where it opens the window
/// @return the slot that stands for the reading of the whole window
SlotPtr collect_frame(GstDeepseekOcr* self, Submission candidate, const Verdict& verdict);

}  // namespace deepseekocr::plugin
