// SPDX-License-Identifier: MIT
// Frames that show the same text are read as one: what the streaming thread does with each.
#pragma once

#include <memory>
#include <optional>

#include "deepseekocr/element.h"

namespace deepseekocr::plugin {

/// Where the frames of text-timing=group come from.
struct GroupFrame {
  FrameInfo info;
  GstBuffer* buffer = nullptr; /**< not owned */
  std::shared_ptr<const Settings> settings;
  std::optional<DsocrRect> area;
  uint64_t since = kNoTime; /**< stream time at which its text came, where that was before this frame */
};

/// Whether text is sent in groups.  Behind a live source it is not, unless it was asked for; neither where frames leave
/// at once towards something that holds them back until their text has come.
bool makes_groups(GstDeepseekOcr* self, const TimingSettings& timing, bool live, bool exact);

/// A frame that shows something new: closes the group before it, having chosen what to read of it, and begins one.
/// @return the slot whose reading is that of the frame; empty: stopped
SlotPtr begin_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, const GroupFrame& frame);

/// A frame that shows what the open group shows, or that was not looked at: its text holds on.  Call only where
/// Session::continues_group().
/// @param looked_at  the frame may be read
/// @return the open group's slot; empty: stopped
SlotPtr extend_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session, const GroupFrame& frame,
                     bool looked_at);

/// Nothing more belongs to the open group: chooses what to read of it, and closes it.  Waits until that may be asked
/// for.  @return false: stopped
bool end_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session);

/// Reads the open group as it is, if that was not decided yet.  Any thread; does not wait for a place.
void read_group(GstDeepseekOcr* self, const std::shared_ptr<Session>& session);

}  // namespace deepseekocr::plugin
