// SPDX-License-Identifier: MIT
#include "progress.h"

#include <glib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace subtitles {
namespace {

constexpr int kWidth = 40;

std::string clock_time(uint64_t nanoseconds) {
  const uint64_t seconds = nanoseconds / 1'000'000'000;
  char text[32];
  std::snprintf(text, sizeof text, "%d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  return text;
}

std::string format_double(const char* format, double value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

}  // namespace

ProgressBar::ProgressBar(bool quiet) : visible_(!quiet && isatty(STDERR_FILENO) != 0) {}

void ProgressBar::show(uint64_t position, uint64_t end) {
  if (!visible_) return;
  drawn_ = true;
  if (end == 0) {
    g_printerr("\r%s", clock_time(position).c_str());
    return;
  }
  const double part = std::min(1.0, static_cast<double>(position) / static_cast<double>(end));
  const auto filled = static_cast<size_t>(part * kWidth);
  g_printerr("\r[%s%s] %3d %%  %s of %s", std::string(filled, '#').c_str(), std::string(kWidth - filled, '.').c_str(),
             static_cast<int>(part * 100), clock_time(position).c_str(), clock_time(end).c_str());
}

void ProgressBar::finish() {
  if (drawn_) g_printerr("\n");
}

std::string summary(const Outcome& outcome) {
  const auto unconfirmed =
      std::count_if(outcome.cues.begin(), outcome.cues.end(), [](const Cue& cue) { return !cue.confirmed; });
  const double speed = outcome.seconds > 0 ? static_cast<double>(outcome.length) / 1e9 / outcome.seconds : 0;
  return std::to_string(outcome.cues.size()) + " cues from " + std::to_string(outcome.frames) + " frames; " +
         std::to_string(outcome.readings) + " readings, " + std::to_string(outcome.rereads) + " of them re-reads; " +
         std::to_string(outcome.phantoms) + " phantoms suppressed; " + std::to_string(unconfirmed) +
         " cues not confirmed; " + format_double("%.1f s", outcome.seconds) + ", " + format_double("%.2f", speed) +
         " x real time";
}

}  // namespace subtitles
