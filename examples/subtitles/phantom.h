// SPDX-License-Identifier: MIT
// Readings of grounds that only look like writing.
#pragma once

#include <cstdint>

#include "cue.h"

namespace subtitles {

/// Whether a cue is taken for a phantom: hardly a letter or digit in it, and no second frame reads the same.  Models
/// that are shown foliage, lattices or fractals answer with strings of signs, other ones for each frame; what people
/// write in signs alone, like "?!" or "...", reads the same twice.
bool is_phantom(const Cue& cue);

/// Takes phantoms out.  @return how many.
uint64_t remove_phantoms(Cues& cues);

}  // namespace subtitles
