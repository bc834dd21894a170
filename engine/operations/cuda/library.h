// SPDX-License-Identifier: MIT
// The boundary between the engine and libdeepseekocr-engine-cuda.so, which is opened when a CUDA device is asked for:
// one exported function gives a table of functions.  Plain pointers and sizes: no tensor, and no CUDA header here.
//
// Pointers are device memory except where it says host.  Matrices are contiguous, (outputs, inputs), bfloat16 (`Bits`);
// rows of activations are contiguous.  Inner lengths are multiples of 8 elements, base addresses of 16 bytes.  Launches
// are asynchronous on `stream` (a cudaStream_t of the current device).  Functions return NULL, or one sentence about
// what CUDA refused, valid until the thread's next call.
#pragma once

#include <cstddef>
#include <cstdint>

#include "operations/cache_address.h"
#include "operations/cuda/layout.h"
#include "operations/cuda/picture.h"

namespace deepseekocr::cuda {

using Bits = uint16_t;  ///< a bfloat16
using Stream = void*;   ///< a cudaStream_t

constexpr int kLibraryVersion = 2;
/// Rows of a decode step at most.
constexpr int kMaxRows = 128;
/// Banned ids of all rows of a step at most.
constexpr int kMaxBanned = 16384;
/// Experts of a layer at most.
constexpr int kMaxExperts = 256;

/// out = rms_norm(x + Σ what the last feed-forward network left), rounded to bfloat16; x becomes that sum.
struct NormArguments {
  float* x;  ///< (rows, hidden), the residual stream
  /// Outputs of the routed experts, (rows · top, hidden), their weights (rows, top); NULL: none
  const float* routed;
  const float* routed_weights;
  /// Outputs of the slices of the network that takes every row, (slices, rows, hidden); NULL: none
  const float* own;
  const float* weight;  ///< (hidden)
  Bits* out;            ///< (rows, hidden)
  int rows, hidden, top, slices;
  float epsilon;
};

/// out (rows, outputs) = x (rows, inputs) · weightᵀ, or that added to `out`.
struct LinearArguments {
  const Bits* x;
  const Bits* weight;
  float* out;
  int rows, inputs, outputs;
  bool add;
};

/// One new position of each sequence: rotates queries and keys, appends keys and values, attends.
struct AttentionArguments {
  const float* qkv;            ///< (rows, 3 · heads · dim)
  const float* cosines;        ///< (positions, dim)
  const float* sines;          ///< (positions, dim)
  const CacheAddress* caches;  ///< caches[row · cache_stride]
  const int32_t* lengths;      ///< (rows) positions that are filled
  const int32_t* capacities;   ///< (rows)
  float* part_values;          ///< (rows, heads, parts, dim), for parts > 1
  float* part_sums;            ///< (rows, heads, parts, 2): largest score and sum
  Bits* out;                   ///< (rows, heads · dim)
  int rows, heads, dim, parts, cache_stride;
};

/// Which rows go to which expert.  A pair is row · top + rank.
struct Groups {
  int32_t* experts;  ///< (rows, top)
  float* weights;    ///< (rows, top)
  int32_t* touched;  ///< [0]: how many experts have rows; from [1] on: which, rising
  int32_t* first;    ///< (experts + 1): an expert's first place in `pairs`
  int32_t* pairs;    ///< (rows · top), sorted by expert, then by pair
};

/// Norm, softmax over all experts, the best `top`, and the groups.
struct RouterArguments {
  const float* x;            ///< (rows, hidden)
  const float* norm_weight;  ///< (hidden)
  const float* gate;         ///< (experts, hidden)
  Bits* normed;              ///< (rows, hidden)
  float* scores;             ///< (rows, experts)
  int32_t* counter;          ///< one, 0 before and after
  Groups groups;
  int rows, hidden, experts, top;
  float epsilon, scale;
  bool normalise;
};

/// SwiGLU networks: routed experts, and one that takes every row, cut into `slices` of its width.
struct ExpertsArguments {
  const Bits* x;            ///< (rows, hidden), normalised
  const Bits* gate_up;      ///< (experts, 2 · width, hidden); NULL: no routed experts
  const Bits* down;         ///< (experts, hidden, width)
  const Bits* own_gate_up;  ///< (2 · slices · own_width, hidden)
  const Bits* own_down;     ///< (hidden, slices · own_width)
  Groups groups;
  Bits* inner;      ///< (rows · top, width): silu(gate x) · (up x)
  Bits* own_inner;  ///< (slices, rows, own_width)
  float* routed;    ///< (rows · top, hidden)
  float* own;       ///< (slices, rows, hidden)
  int rows, hidden, experts, top, width, slices, own_width;
};

/// operations::choose of each row.
struct ChooseArguments {
  const float* logits;          ///< (rows, vocabulary)
  const int32_t* banned;        ///< ids
  const int32_t* banned_first;  ///< (rows + 1): a row's first place in `banned`
  ChoicePart* parts;            ///< (rows, kChoiceParts)
  RowChoice* choices;           ///< (rows)
  int rows, vocabulary;
};
constexpr int kChoiceParts = 64;

struct LayerWeights {
  const float* input_norm;
  const Bits* qkv;
  const Bits* out;
  const float* post_norm;
  const float* gate;  ///< NULL: a dense layer
  const Bits* gate_up;
  const Bits* down;
  const Bits* own_gate_up;  ///< dense, or shared experts
  const Bits* own_down;
  int slices, own_width;  ///< slices · own_width is its width
};

/// A whole decoder.  `layers` is host memory and is copied; what it points to stays the caller's.
struct StepModel {
  const Bits* embedding;
  const float* cosines;
  const float* sines;
  const float* norm;
  const Bits* lm_head;
  const LayerWeights* layers;
  int layer_count, hidden, heads, dim, vocabulary, experts, top, width;
  float epsilon, scale;
  bool normalise;
};

/// One sequence of a step, in host memory.
struct StepRow {
  int32_t id;
  int32_t length;              ///< positions filled
  int32_t capacity;            ///< > length
  const CacheAddress* caches;  ///< of each layer
  const int32_t* banned;
  int32_t banned_count;
};

struct DeviceProperties {
  uint64_t free_bytes, total_bytes;  ///< of memory
  int major, minor;                  ///< compute capability
};

/// A stream of its own, beside those of LibTorch, on one device.  Used by one thread at a time.
struct PictureQueue;

/// Rows of bytes, copied from the memory of another CUDA context.
struct FetchArguments {
  const void* source;
  size_t source_stride;
  void* context;  ///< a CUcontext, from `owner`
  void* out;      ///< rows without padding
  size_t row_bytes, rows;
};

struct Step;  ///< Owns graphs and pinned memory; used by one thread at a time.

struct Library {
  int version;
  const char* (*device)(int device, DeviceProperties* properties);
  /// What a decoder must be like to have kernels here, if it is not; else NULL.
  const char* (*complaint)(const StepModel& model);

  const char* (*norm)(const NormArguments&, Stream);
  const char* (*linear)(const LinearArguments&, Stream);
  const char* (*attention)(const AttentionArguments&, Stream);
  const char* (*route)(const RouterArguments&, Stream);
  const char* (*experts)(const ExpertsArguments&, Stream);
  const char* (*choose)(const ChooseArguments&, Stream);

  /// Device memory that a step of up to `rows` rows works in.
  size_t (*scratch_bytes)(const StepModel& model, int rows);
  /// @param scratch  scratch_bytes() for `rows`, zeroed, 256-byte aligned; outlives the step
  const char* (*create_step)(const StepModel& model, int rows, void* scratch, int device, Step** step);
  /// One step of `count` rows; waits for the result.  From the second step of a size on it is one CUDA graph.
  const char* (*run_step)(Step* step, const StepRow* rows, int count, RowChoice* choices, Stream stream);
  /// Of the last run's rows, (rows, vocabulary).
  const float* (*step_logits)(const Step* step);
  void (*destroy_step)(Step* step);

  // Pictures in device memory.  All of these leave the calling thread's current context as it was.

  const char* (*create_queue)(int device, PictureQueue** queue);
  /// What was launched ends first.
  void (*destroy_queue)(PictureQueue* queue);
  /// Until everything that was launched has ended.
  const char* (*wait)(PictureQueue* queue);
  /// Device memory from a pool that keeps some of what was freed.  What another stream shall use needs a wait() first.
  const char* (*allocate)(PictureQueue* queue, size_t bytes, void** memory);
  void (*free)(PictureQueue* queue, void* memory);
  /// Gives a pool's free memory back to the device.
  void (*trim)(int device);
  /// Host memory must remain until wait().
  const char* (*upload)(PictureQueue* queue, void* to, const void* host, size_t bytes);
  const char* (*download)(PictureQueue* queue, void* host, const void* from, size_t bytes);
  const char* (*fill)(PictureQueue* queue, void* memory, uint8_t value, size_t bytes);

  /// Number of the device in whose memory an address lies; −1: it is not CUDA's.
  const char* (*locate)(const void* address, int* device);
  /// The context that an address of the queue's device belongs to, where kernels of the queue cannot read it; else
  /// NULL.
  const char* (*owner)(PictureQueue* queue, const void* address, void** context);
  const char* (*fetch)(PictureQueue* queue, const FetchArguments&);

  const char* (*convert)(PictureQueue* queue, const ConvertArguments&);
  const char* (*resize_rows)(PictureQueue* queue, const ResizeArguments&);     ///< resize_along_row() of each pixel
  const char* (*resize_columns)(PictureQueue* queue, const ResizeArguments&);  ///< resize_along_column()
  const char* (*count_edges)(PictureQueue* queue, const EdgeArguments&);
  const char* (*halve)(PictureQueue* queue, const HalveArguments&);
};

/// The name and the type of the exported function; NULL for a version that the library does not have.
constexpr const char* kLibrarySymbol = "dsocr_cuda_library";
using LibraryFunction = const Library* (*)(int version);

}  // namespace deepseekocr::cuda
