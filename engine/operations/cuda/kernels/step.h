// SPDX-License-Identifier: MIT
// A whole decode step: the order of the launches, the memory they work in, and the graphs that they become.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <map>
#include <vector>

#include "operations/cuda/kernels/launches.h"
#include "operations/cuda/library.h"

namespace deepseekocr::cuda {

/// What a step reads about its rows, as it lies in device memory and, before it is sent there, in pinned host memory.
/// `caches` is (rows, layers), so that a step sends no more than its own rows.
struct StepInputs {
  int32_t* ids;
  int32_t* lengths;
  int32_t* capacities;
  int32_t* banned_first;  ///< (rows + 1)
  int32_t* banned;
  CacheAddress* caches;
};

/// The step's device memory, cut into its arrays.
struct StepScratch {
  std::byte* input_block;  ///< holds `inputs`
  StepInputs inputs;
  float* x;            ///< (rows, hidden)
  Bits* normed;        ///< (rows, hidden)
  float* qkv;          ///< (rows, 3 · hidden)
  float* part_values;  ///< see AttentionArguments
  float* part_sums;
  Bits* attended;  ///< (rows, hidden)
  float* scores;   ///< (rows, experts)
  int32_t* counter;
  Groups groups;
  Bits* inner;
  Bits* own_inner;
  float* routed;
  float* own;
  float* logits;  ///< (rows, vocabulary)
  ChoicePart* parts;
  RowChoice* choices;
  size_t bytes;  ///< of all
};

/// Bytes of a StepInputs of `rows` rows and `banned` ids, and where its arrays lie behind `base`.
size_t lay_out_inputs(std::byte* base, int rows, int layers, int banned, StepInputs& inputs);
/// @param base  may be NULL, where only the size is asked for
StepScratch lay_out_scratch(std::byte* base, const StepModel& model, int rows, int multiprocessors);

struct Step {
  StepModel model;
  std::vector<LayerWeights> layers;
  StepScratch scratch;
  int rows = 0;
  int device = 0;
  int multiprocessors = 0;
  bool overlap = false;       ///< see Queue
  std::byte* host = nullptr;  ///< pinned; inputs, then choices
  RowChoice* host_choices = nullptr;
  std::map<int, cudaGraphExec_t> graphs;  ///< by number of rows; NULL: run once without

  /// Everything between the inputs and the choices, in the order of the network.  @return NULL or a complaint
  const char* launch(int count, const Queue& queue) const;

 private:
  const char* attend(const LayerWeights& layer, int index, int count, const Queue& queue) const;
  const char* feed_forward(const LayerWeights& layer, int count, const Queue& queue) const;
  /// Adds what `layer` (may be NULL) left to the residual stream, and normalises it.
  const char* norm_after(const LayerWeights* layer, const float* weight, int count, const Queue& queue) const;
};

}  // namespace deepseekocr::cuda
