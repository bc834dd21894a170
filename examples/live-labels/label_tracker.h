// SPDX-License-Identifier: MIT
// From a stream of reads and barcodes to one report for each label.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <string>

#include "label.h"

namespace live_labels {

/// How far a label has come.
enum class Stage {
  first,     ///< it is known well enough to be told
  improved,  ///< another number, another text or a stronger agreement than told before
  final      ///< it has left the picture
};

/// "first", "improved", "final".
const char* stage_name(Stage stage);

struct Report {
  uint64_t id = 0;  ///< counts labels from 1
  Stage stage = Stage::first;
  LabelState label;
};

struct TrackerOptions {
  size_t min_reads = 2;                 ///< reads that must agree before anything is told
  uint64_t gone_after = 1'000'000'000;  ///< nanoseconds without a sight of a label until it is final
  uint64_t cooldown = 10'000'000'000;   ///< nanoseconds for which a label that was final is not told again
  bool numbers_only = false;            ///< labels without a shipment number are not told
};

/// Several labels may be in the picture; a read belongs to the one that it resembles most.  What is read fewer than
/// min_reads times, as texts are that a model invents on a texture, is never told, unless a barcode came with it.
/// Bounded: at most kMostLabels are open at a time.  Not thread-safe; times must not go back by more than gone_after.
class LabelTracker {
 public:
  static constexpr size_t kMostLabels = 32;
  using Sink = std::function<void(const Report&)>;

  /// @param sink called inside the functions below, each label's stages in order
  LabelTracker(const TrackerOptions& options, Sink sink) : options_(options), sink_(std::move(sink)) {}

  /// A reading; an empty text tells only that its time has been reached.
  void add(const Read& read);
  /// No reading of a frame before this time is still to come.
  void advance(uint64_t time);
  /// A barcode.  It is kept until the reads have come to its time, because decoding is quicker than reading.
  void add(const Barcode& barcode);
  /// The stream has ended: every open label becomes final.
  void finish();

 private:
  struct Open {
    explicit Open(size_t min_reads) : label(min_reads) {}
    uint64_t id = 0;
    Label label;
    bool told = false;
    std::string told_number;
    std::string told_text;
    Agreement told_agreement = Agreement::none;
  };

  Open& open_label();
  bool is_in_sight(const Open& open, uint64_t time) const;
  Open* label_like(const std::string& text, uint64_t time);
  Open& label_of(const Read& read);
  Open& label_of(const Barcode& barcode);
  void take_barcodes(uint64_t time);
  void close_gone();
  bool is_worth_telling(const LabelState& state) const;
  void tell(Open& open, Stage stage, const LabelState& state);
  void tell_progress(Open& open);
  void close(Open& open);
  bool is_known(const Open& open, const LabelState& state) const;

  TrackerOptions options_;
  Sink sink_;
  uint64_t now_ = 0;
  uint64_t last_id_ = 0;
  std::list<Open> open_;
  std::deque<Barcode> barcodes_;             // not yet reached by the reads
  std::map<std::string, uint64_t> cooling_;  // what was final: its number, else its text; until when
};

}  // namespace live_labels
