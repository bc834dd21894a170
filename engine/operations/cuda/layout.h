// SPDX-License-Identifier: MIT
// Which index is what in the kernels' memory, and how partial results join: plain arithmetic that the device and the
// host share, so that it is tested without a GPU.
#pragma once

#include <cmath>
#include <cstdint>

#ifdef __CUDACC__
#define DSOCR_BOTH __host__ __device__
#else
#define DSOCR_BOTH
#endif

namespace deepseekocr::cuda {

/// Tensor cores multiply 16 rows of weights with 8 rows of activations, 16 columns at a time.
constexpr int kTileFeatures = 16;
constexpr int kTileRows = 8;
/// Columns that a warp takes at once: 8 for each of the 4 lanes that share a row, one load of 16 bytes.
constexpr int kTileColumns = 32;

/// Where lane `lane` of a warp starts to load its 8 columns, beside the first column of the warp's kTileColumns.
constexpr DSOCR_BOTH int lane_column(int lane) {
  return lane % 4 * 8;
}
/// Which row of weights (and this + 8), and which row of activations, the lane loads.
constexpr DSOCR_BOTH int lane_row(int lane) {
  return lane / 4;
}
/// The row of weights of value `value` (0 … 3) that lane `lane` holds of a 16 × 8 product.
constexpr DSOCR_BOTH int product_feature(int lane, int value) {
  return lane / 4 + value / 2 * 8;
}
/// The row of activations of the same value.
constexpr DSOCR_BOTH int product_row(int lane, int value) {
  return lane % 4 * 2 + value % 2;
}

constexpr DSOCR_BOTH int ceil_divide(int value, int by) {
  return (value + by - 1) / by;
}

/// First element of a position's key or value in a cache (heads, capacity, dim).
constexpr DSOCR_BOTH int64_t cache_offset(int head, int position, int capacity, int dim) {
  return (static_cast<int64_t>(head) * capacity + position) * dim;
}

/// [begin, end)
struct Range {
  int begin;
  int end;
};

/// Part `part` of `total` things that are dealt out in `parts` runs of equal length; the last ones may be empty.
constexpr DSOCR_BOTH Range part_of(int total, int parts, int part) {
  const int length = ceil_divide(total, parts);
  const int begin = part * length < total ? part * length : total;
  return {begin, begin + length < total ? begin + length : total};
}

/// In how many parts the positions of each head are attended to, so that all multiprocessors have work.
constexpr int attention_parts(int rows, int heads, int multiprocessors) {
  const int parts = ceil_divide(4 * multiprocessors, rows * heads);
  return parts < 1 ? 1 : parts > 32 ? 32 : parts;
}

/// One part of an attention: `sum` Σ exp(score − largest) over its positions, and the values weighted alike.
/// @return what both sums are multiplied with when parts join at `joined`, the largest score of all
inline DSOCR_BOTH float part_scale(float largest, float joined) {
  return largest == -INFINITY ? 0.0F : expf(largest - joined);
}

/// What is known of some of a row's logits.  Starts empty.
struct ChoicePart {
  float best = -INFINITY;    ///< largest that is not banned
  float second = -INFINITY;  ///< next after it, maybe equal
  int32_t id = -1;           ///< of `best`, the lowest on a tie; -1: none yet
  int32_t count = 0;         ///< logits that are not banned
  float largest = -INFINITY;
  double exponentials = 0;  ///< Σ exp(logit − largest)
  double sum = 0;
  double squares = 0;
  int32_t finite = 1;
};

/// Adds one logit; ids come in rising order.
inline DSOCR_BOTH void add_logit(ChoicePart& part, float logit, int32_t id, bool banned) {
  part.finite &= logit - logit == 0.0F ? 1 : 0;
  if (logit > part.largest) {
    part.exponentials *= part_scale(part.largest, logit);
    part.largest = logit;
  }
  part.exponentials += expf(logit - part.largest);
  part.sum += logit;
  part.squares += static_cast<double>(logit) * logit;
  if (banned) return;
  ++part.count;
  if (part.id < 0 || logit > part.best) {
    part.second = part.best;
    part.best = logit;
    part.id = id;
  } else if (logit > part.second) {
    part.second = logit;
  }
}

/// Two parts of one row, in any order.
inline DSOCR_BOTH ChoicePart join(const ChoicePart& a, const ChoicePart& b) {
  const bool a_first = b.id < 0 || (a.id >= 0 && (a.best > b.best || (a.best == b.best && a.id < b.id)));
  const ChoicePart& winner = a_first ? a : b;
  const ChoicePart& loser = a_first ? b : a;
  ChoicePart all;
  all.best = winner.best;
  all.id = winner.id;
  all.second = winner.second > loser.best ? winner.second : loser.best;
  all.count = a.count + b.count;
  all.largest = a.largest > b.largest ? a.largest : b.largest;
  all.exponentials =
      a.exponentials * part_scale(a.largest, all.largest) + b.exponentials * part_scale(b.largest, all.largest);
  all.sum = a.sum + b.sum;
  all.squares = a.squares + b.squares;
  all.finite = a.finite & b.finite;
  return all;
}

/// What operations::Choice says of a row, and what may be wrong with it.
struct RowChoice {
  int32_t id;  ///< -1: every id is banned
  float log_probability;
  float margin;
  int32_t finite;  ///< 0: some logit is not a finite number
};

/// @param vocabulary  number of logits that were added
inline DSOCR_BOTH RowChoice choice_of(const ChoicePart& all, int vocabulary) {
  RowChoice choice{all.id, 0, 0, all.finite};
  if (all.id < 0 || all.finite == 0) return choice;
  choice.log_probability = static_cast<float>(all.best - (all.largest + log(all.exponentials)));
  const double mean = all.sum / vocabulary, variance = all.squares / vocabulary - mean * mean;
  if (all.count > 1 && variance > 0) {
    choice.margin = static_cast<float>((static_cast<double>(all.best) - all.second) / sqrt(variance));
  }
  return choice;
}

}  // namespace deepseekocr::cuda
