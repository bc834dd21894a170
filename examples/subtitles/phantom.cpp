// SPDX-License-Identifier: MIT
#include "phantom.h"

#include <glib.h>

#include <vector>

namespace subtitles {

bool is_phantom(const Cue& cue) {
  if (cue.confirmed) return false;
  size_t visible = 0, letters = 0;
  for (const gchar* at = cue.text.c_str(); *at != '\0'; at = g_utf8_next_char(at)) {
    const gunichar character = g_utf8_get_char(at);
    if (g_unichar_isspace(character)) continue;
    ++visible;
    if (g_unichar_isalnum(character)) ++letters;
  }
  return 3 * letters < visible;
}

uint64_t remove_phantoms(Cues& cues) {
  return std::erase_if(cues, is_phantom);
}

}  // namespace subtitles
